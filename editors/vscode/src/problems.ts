// What the editor's other language servers say of files, as the server is told. It knows nothing of VS Code.
import type { Diagnostic, DiagnosticsArgs } from "./wire";

/** The bounds of what is sent: more of either helps no worker, and may be much. */
export const maxProblems = 200;
export const maxMessage = 1000;
/** How many files are looked at in one go; the others follow in the next. */
export const maxFiles = 50;

/** Keeps what was said of each file, so that nothing is said twice, and nothing of files of which there was nothing. */
export class Problems {
  private readonly told = new Map<string, string>();
  private readonly waiting = new Set<string>();

  /** Notes files of which something may have changed. */
  note(uris: Iterable<string>): void {
    for (const uri of uris) {
      this.waiting.add(uri);
    }
  }

  /** Whether some files have not been looked at. */
  get more(): boolean {
    return this.waiting.size > 0;
  }

  /** What is to be sent now; find says what there is of a file. */
  next(find: (uri: string) => Diagnostic[]): DiagnosticsArgs[] {
    const files = [...this.waiting].slice(0, maxFiles);
    return files.flatMap((uri) => {
      this.waiting.delete(uri);
      const diagnostics = find(uri).slice(0, maxProblems).map(cut);
      const text = JSON.stringify(diagnostics);
      if (text === (this.told.get(uri) ?? "[]")) {
        return [];
      }
      if (diagnostics.length === 0) {
        this.told.delete(uri);
      } else {
        this.told.set(uri, text);
      }
      return [{ uri, diagnostics }];
    });
  }

  /** The server has heard nothing, because it is another one: everything is said again. */
  again(): void {
    const known = [...this.told.keys()];
    this.told.clear();
    this.note(known);
  }
}

function cut(d: Diagnostic): Diagnostic {
  return d.message.length <= maxMessage ? d : { ...d, message: `${d.message.slice(0, maxMessage)}…` };
}
