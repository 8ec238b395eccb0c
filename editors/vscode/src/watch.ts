// What a ticket's model says, while it says it, as a read-only document whose end is followed.
import * as vscode from "vscode";
import type { Slop } from "./context";

export const watchScheme = "slop-watch";

export class Watch implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private readonly parts: vscode.Disposable;
  private pending: NodeJS.Timeout | undefined;
  /** The editors that show the end of their document, until the person scrolls away from it. */
  private readonly following = new Set<vscode.TextEditor>();

  constructor(private readonly slop: Slop) {
    this.parts = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(watchScheme, this),
      slop.onStream(() => {
        this.pending ??= setTimeout(() => this.tell(), 150);
      }),
      vscode.workspace.onDidChangeTextDocument((e) => this.grown(e.document)),
    );
  }

  private tell(): void {
    this.pending = undefined;
    this.following.clear();
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.scheme === watchScheme && atEnd(editor)) {
        this.following.add(editor);
      }
    }
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === watchScheme) {
        this.changes.fire(document.uri);
      }
    }
  }

  private grown(document: vscode.TextDocument): void {
    for (const editor of this.following) {
      if (editor.document === document) {
        const end = document.lineAt(document.lineCount - 1).range;
        editor.revealRange(end, vscode.TextEditorRevealType.Default);
      }
    }
  }

  /** The document of a ticket's stream. */
  static uri(folder: vscode.WorkspaceFolder, track: string, ticket: string): vscode.Uri {
    return vscode.Uri.from({
      scheme: watchScheme,
      path: `/${track}/${ticket} live.md`,
      query: new URLSearchParams({ folder: folder.uri.toString(), track, ticket }).toString(),
    });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const about = new URLSearchParams(uri.query);
    const workspace = this.slop.workspaces.find((w) => w.folder.uri.toString() === about.get("folder"));
    const said = workspace?.known.said(about.get("track") ?? "", about.get("ticket") ?? "");
    return said ?? "Nothing has been said since this window was opened. The transcript has what was said before.\n";
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.parts.dispose();
    this.changes.dispose();
  }
}

function atEnd(editor: vscode.TextEditor): boolean {
  const last = editor.visibleRanges.at(-1)?.end.line ?? 0;
  return last >= editor.document.lineCount - 2;
}
