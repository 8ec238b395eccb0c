// The server's own commands, as lenses, actions and other extensions call them. They are registered once, and go to the
// client of the folder that they are about.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import { commands } from "./wire";
import { unlinked } from "./words";

/** What a command is about, as far as that says whose it is. */
interface About {
  uri?: string;
  id?: string;
}

/** Registers the server's commands. What the server refuses is shown in its own words. */
export function serve(slop: Slop): vscode.Disposable {
  const registered = Object.values(commands).map((name) =>
    vscode.commands.registerCommand(name, async (args: About = {}, from?: { folder?: string }): Promise<unknown> => {
      const workspace = await whose(slop, args, from?.folder);
      if (workspace === undefined) {
        return undefined; // it was said why
      }
      try {
        return await workspace.link.run(name, args);
      } catch (err) {
        void vscode.window.showErrorMessage(unlinked(err instanceof Error ? err.message : String(err)));
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** The workspace that a command is about; its client is started where none runs. */
async function whose(slop: Slop, args: About, folder?: string): Promise<Workspace | undefined> {
  const named = folder === undefined ? undefined : slop.keyed(folder);
  if (named) {
    return named;
  }
  if (args.uri !== undefined) {
    const uri = vscode.Uri.parse(args.uri);
    const its = vscode.workspace.getWorkspaceFolder(uri);
    return (its && (await slop.startFolder(its))) ?? slop.of(uri);
  }
  if (slop.workspaces.length === 0) {
    await slop.start(true);
  }
  return slop.workspaces.find((w) => args.id !== undefined && w.known.asked.some((a) => a.id === args.id)) ?? slop.of(vscode.window.activeTextEditor?.document.uri);
}
