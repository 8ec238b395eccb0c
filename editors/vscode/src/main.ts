// Wires the extension together. Nothing is started in a workspace without tracks until the person asks.
import * as vscode from "vscode";
import { register } from "./commands";
import { Slop } from "./context";
import { editorContexts } from "./review";
import { statusBar } from "./status";
import { views } from "./tree";
import { Watch, watchScheme } from "./watch";

let slop: Slop | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const owner = new Slop();
  slop = owner;
  const watch = new Watch(owner);
  context.subscriptions.push(
    owner,
    views(owner),
    statusBar(owner),
    editorContexts(),
    register(owner),
    watch,
    vscode.workspace.registerTextDocumentContentProvider(watchScheme, watch),
    vscode.workspace.onDidChangeWorkspaceFolders((e) => {
      for (const folder of e.removed) {
        void owner.stopFolder(folder);
      }
      void owner.start(false);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void vscode.commands.executeCommand("slop.restart")),
  );
  void owner.start(false); // not awaited: activation is done, the server comes when it comes
}

export function deactivate(): Promise<void> | undefined {
  return slop?.stop();
}
