// The editor's own diff view on what tickets, tracks, undos and approvals change.
import * as vscode from "vscode";
import type { Workspace } from "./context";
import { beside, documentScheme } from "./names";
import { commands, type DiffFile, type DiffFilesArgs } from "./wire";

/** Shows a diff; false where it changes nothing, which is said. Errors are the server's own words. */
export async function showDiff(workspace: Workspace, title: string, args: DiffFilesArgs): Promise<boolean> {
  const files = (await workspace.link.run(commands.diffFiles, args)) as DiffFile[];
  const [first] = files;
  if (first === undefined) {
    void vscode.window.showInformationMessage(`${title}: no file is changed.`);
    return false;
  }
  if (files.length === 1) {
    const [, before, after] = sides(workspace, first);
    await vscode.commands.executeCommand("vscode.diff", before, after, `${first.path} (${title})`, { preview: true });
    return true;
  }
  const resources = files.map((file) => {
    const [at, before, after] = sides(workspace, file);
    return [at, file.op === "create" ? undefined : before, file.op === "delete" ? undefined : after];
  });
  await vscode.commands.executeCommand("vscode.changes", title, resources);
  return true;
}

function sides(workspace: Workspace, file: DiffFile): [at: vscode.Uri, before: vscode.Uri, after: vscode.Uri] {
  const at = vscode.Uri.joinPath(workspace.link.root, file.path);
  const [before, after] = [file.before, file.after].map((text) => {
    const uri = workspace.link.uri(text);
    return uri.scheme === documentScheme ? uri.with(beside(at.path, uri)) : uri;
  });
  return [at, before ?? at, after ?? at];
}
