// Review… documents: which editor shows one, and what is done with it.
import * as vscode from "vscode";
import { isTrack, reviewOf } from "./names";

/** The approval that the active editor is about. */
export function reviewing(): { id: string; uri: vscode.Uri } | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (!document) {
    return undefined;
  }
  const id = reviewOf(document.uri.path, document.lineAt(0).text);
  return id === undefined ? undefined : { id, uri: document.uri };
}

/** Keeps the contexts that the title bars of editors ask for. */
export function editorContexts(): vscode.Disposable {
  const tell = (): void => {
    const path = vscode.window.activeTextEditor?.document.uri.path ?? "";
    void vscode.commands.executeCommand("setContext", "slop.reviewing", reviewing() !== undefined);
    void vscode.commands.executeCommand("setContext", "slop.editingTrack", isTrack(path));
  };
  tell();
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(tell),
    vscode.workspace.onDidChangeTextDocument((e) => {
      if (e.document === vscode.window.activeTextEditor?.document) {
        tell();
      }
    }),
  );
}
