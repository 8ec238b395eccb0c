// What a ticket's model says, while it says it, as a read-only document.
import * as vscode from "vscode";
import type { Slop } from "./context";

export const watchScheme = "slop-watch";

export class Watch implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private readonly told: vscode.Disposable;
  private pending: NodeJS.Timeout | undefined;

  constructor(private readonly slop: Slop) {
    this.told = slop.onStream(() => {
      this.pending ??= setTimeout(() => this.tell(), 200);
    });
  }

  private tell(): void {
    this.pending = undefined;
    for (const document of vscode.workspace.textDocuments) {
      if (document.uri.scheme === watchScheme) {
        this.changes.fire(document.uri);
      }
    }
  }

  /** The document of a ticket's stream. */
  static uri(folder: vscode.WorkspaceFolder, track: string, ticket: string): vscode.Uri {
    return vscode.Uri.from({
      scheme: watchScheme,
      path: `/${track}/${ticket}.md`,
      query: new URLSearchParams({ folder: folder.uri.toString(), track, ticket }).toString(),
    });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const about = new URLSearchParams(uri.query);
    const workspace = this.slop.workspaces.find((w) => w.folder.uri.toString() === about.get("folder"));
    return workspace?.known.said(about.get("track") ?? "", about.get("ticket") ?? "") ?? "Nothing has been said yet.\n";
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.told.dispose();
    this.changes.dispose();
  }
}
