// Wires the extension together. Nothing is started in a workspace without tracks until the person asks.
import * as vscode from "vscode";
import { register } from "./commands";
import { Slop } from "./context";
import { restoreGraphs } from "./graph/panel";
import { editorContexts } from "./review";
import { serve } from "./served";
import { statusBar } from "./status";
import { views } from "./tree";
import { Watch } from "./watch";

let slop: Slop | undefined;

/** What other extensions, and tests, are given. */
export interface Api {
  /** How long activation took, in milliseconds. */
  readonly activatedIn: number;
}

export function activate(context: vscode.ExtensionContext): Api {
  const begun = performance.now();
  const owner = new Slop(settingNames(context.extension.packageJSON));
  slop = owner;
  context.subscriptions.push(
    owner,
    views(owner),
    statusBar(owner),
    editorContexts(owner),
    register(owner),
    serve(owner),
    restoreGraphs(owner),
    new Watch(owner),
    vscode.workspace.onDidChangeWorkspaceFolders((e) => {
      for (const folder of e.removed) {
        void owner.stopFolder(folder);
      }
      void owner.start(false);
    }),
    vscode.workspace.onDidOpenTextDocument((document) => owner.opened(document)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void owner.trusted()),
  );
  void owner.start(false); // not awaited: activation is done, the server comes when it comes
  const activatedIn = performance.now() - begun;
  owner.log.info(`activated in ${activatedIn.toFixed(1)} ms`);
  return { activatedIn };
}

export function deactivate(): Promise<void> | undefined {
  return slop?.stop();
}

/** The names of the settings that the manifest declares. */
function settingNames(manifest: unknown): string[] {
  const { configuration } = (manifest as { contributes: { configuration: { properties: object }[] } }).contributes;
  return configuration.flatMap((part) => Object.keys(part.properties));
}
