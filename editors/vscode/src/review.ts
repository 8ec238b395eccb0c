// Which editor shows a Review… document or the diff of an undo, and what the title bars are told of it.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import { askedOf, documentScheme, isTrack, placed, reviewOf, undoOf, unkeyed } from "./names";
import type { ApprovalItem } from "./tree";

/** The approval that the active editor is about. */
export function reviewing(): { id: string; document: vscode.TextDocument } | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.uri.scheme !== "file" || document.languageId !== "markdown") {
    return undefined;
  }
  const id = reviewOf(document.uri.path, document.lineAt(0).text);
  return id === undefined ? undefined : { id, document };
}

/** The server's document that is in front of the person: in a diff, what is on its right. */
function inFront(slop: Slop): { workspace: Workspace; path: string } | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof vscode.TabInputTextDiff ? input.modified : vscode.window.activeTextEditor?.document.uri;
  const workspace = uri?.scheme === documentScheme ? slop.of(uri) : undefined;
  return uri && workspace && { workspace, path: unkeyed(workspace.key, placed(uri).path) ?? "" };
}

/** The undo whose diff is in front of the person. */
export function undoing(slop: Slop): { workspace: Workspace; track: string; ticket: string } | undefined {
  const shown = inFront(slop);
  const about = shown && undoOf(shown.path);
  return shown && about && { workspace: shown.workspace, ...about };
}

/** The approval whose change is in front of the person, while it waits. */
export function diffing(slop: Slop): ApprovalItem | undefined {
  const shown = inFront(slop);
  const id = shown && askedOf(shown.path);
  const approval = shown?.workspace.known.asked.find((a) => a.id === id);
  return shown && approval && { kind: "approval", workspace: shown.workspace, approval };
}

/** Closes the tabs of a Review… document that has been answered. What was edited in it has been sent. */
export async function closeReview(document: vscode.TextDocument): Promise<void> {
  if (document.isDirty && !(await document.save())) {
    return;
  }
  const uri = document.uri.toString();
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter((tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri));
}

/** The line that the server writes where a person has to say what is to be done. The heading quotes it. */
const unwritten = /^‹Write here [^›]*›$/m;

/** Selects what is still to be written, so that the person's first key replaces it. */
function selectUnwritten(editor: vscode.TextEditor): void {
  const found = unwritten.exec(editor.document.getText());
  if (found && editor.selection.isEmpty && editor.selection.active.line === 0) {
    const at = editor.document.positionAt(found.index);
    editor.selection = new vscode.Selection(at, editor.document.positionAt(found.index + found[0].length));
    editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
}

/** Keeps the contexts that the title bars of editors ask for. */
export function editorContexts(slop: Slop): vscode.Disposable {
  const now = new Map<string, unknown>();
  const set = (name: string, value: unknown): void => {
    if (now.get(name) !== value) {
      now.set(name, value);
      void vscode.commands.executeCommand("setContext", name, value);
    }
  };
  const tell = (): void => {
    const about = reviewing();
    const asked = about && slop.of(about.document.uri)?.known.asked.find((a) => a.id === about.id);
    set("slop.reviewing", asked !== undefined);
    set("slop.reviewingEdit", asked?.kind === "edit" || asked?.kind === "step");
    set("slop.editingTrack", isTrack(vscode.window.activeTextEditor?.document.uri.path ?? ""));
    set("slop.undoing", undoing(slop) !== undefined);
    set("slop.diffing", diffing(slop) !== undefined);
  };
  tell();
  return vscode.Disposable.from(
    slop.onChange(tell),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      tell();
      if (editor && reviewing()) {
        selectUnwritten(editor);
      }
    }),
    vscode.window.tabGroups.onDidChangeTabs(tell),
    vscode.workspace.onDidChangeTextDocument((e) => {
      if (e.document === vscode.window.activeTextEditor?.document) {
        tell();
      }
    }),
  );
}
