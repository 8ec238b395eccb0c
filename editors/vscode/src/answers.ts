// Commands that answer approvals. The first answer wins; that somebody else was first is said by the server.
import * as vscode from "vscode";
import type { Slop } from "./context";
import { showDiff } from "./diff";
import { pickApproval } from "./pick";
import { closeReview, diffing, reviewing } from "./review";
import { approvalOf, type ApprovalItem, type Item } from "./tree";
import { commands, type AnswerArgs } from "./wire";

function answer(found: ApprovalItem, args: Omit<AnswerArgs, "id" | "ids">): Promise<unknown> {
  return found.workspace.link.run(commands.approvalAnswer, { id: found.approval.id, ...args });
}

/** Several that are selected are answered in one go for each workspace. */
async function answerAll(all: readonly ApprovalItem[], args: Omit<AnswerArgs, "id" | "ids">): Promise<void> {
  for (const workspace of new Set(all.map((one) => one.workspace))) {
    const ids = all.filter((one) => one.workspace === workspace).map((one) => one.approval.id);
    await workspace.link.run(commands.approvalAnswer, { ids, ...args });
  }
}

function several(items?: readonly Item[]): ApprovalItem[] {
  return (items ?? []).flatMap((item) => (item.kind === "approval" ? [item] : item.kind === "ticket" ? (approvalOf(item) ?? []) : []));
}

export async function review(slop: Slop, item?: Item): Promise<void> {
  const found = await pickApproval(slop, item);
  await found?.workspace.link.run(commands.approvalOpen, { id: found.approval.id });
}

/** Opens what waits: the one approval, or the list of them. */
export async function waiting(slop: Slop): Promise<void> {
  if (slop.workspaces.length === 0 && slop.trouble) {
    await slop.fail(slop.trouble);
    return;
  }
  const n = slop.roots.reduce((sum, w) => sum + w.known.asked.length, 0);
  if (n === 1) {
    await review(slop);
  } else {
    await vscode.commands.executeCommand(n === 0 ? "slop.tracks.focus" : "slop.approvals.focus");
  }
}

export async function approve(slop: Slop, item?: Item, items?: readonly Item[]): Promise<void> {
  const all = several(items);
  if (all.length > 1) {
    await answerAll(all, { decision: "approve" });
    return;
  }
  const shown = item === undefined ? diffing(slop) : undefined;
  const found = shown ?? (await pickApproval(slop, item));
  if (found) {
    await answer(found, { decision: "approve" });
    await closeFront(shown);
  }
}

/** Closes the diff in front of the person where it was what has been answered. */
async function closeFront(shown: ApprovalItem | undefined): Promise<void> {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  if (shown && tab?.input instanceof vscode.TabInputTextDiff) {
    await vscode.window.tabGroups.close(tab);
  }
}

export async function reject(slop: Slop, item?: Item, items?: readonly Item[]): Promise<void> {
  const all = several(items);
  const shown = item === undefined ? diffing(slop) : undefined;
  const found = all.length > 1 ? all[0] : (shown ?? (await pickApproval(slop, item)));
  const title = all.length > 1 ? `Reject ${all.length}` : `Reject ${found?.approval.id ?? ""}`;
  const reason = found && (await vscode.window.showInputBox({ prompt: "Why? The worker is told. It may be empty.", title, ignoreFocusOut: true }));
  if (!found || reason === undefined) {
    return;
  }
  const args = { decision: "reject", ...(reason === "" ? {} : { reason }) };
  await (all.length > 1 ? answerAll(all, args) : answer(found, args));
  await closeFront(shown);
}

/** Answers a worker's question, in the person's own words. */
export async function reply(slop: Slop, item?: Item): Promise<void> {
  const found = await pickApproval(slop, item);
  const reason = found && (await vscode.window.showInputBox({ prompt: found.approval.title, title: `Answer ${found.approval.id}`, ignoreFocusOut: true }));
  if (found && reason !== undefined && reason !== "") {
    await answer(found, { decision: "approve", reason });
  }
}

export async function always(slop: Slop, item?: Item): Promise<void> {
  const found = await pickApproval(slop, item);
  const scopes = [
    { label: "For this ticket", scope: "ticket" },
    { label: "For this track", scope: "track" },
    { label: "For this workspace", scope: "workspace" },
  ];
  const picked = found && (await vscode.window.showQuickPick(scopes, { title: found.approval.title, placeHolder: "Approve exactly this from now on…" }));
  if (found && picked) {
    await answer(found, { decision: "approve", remember: picked.scope });
  }
}

/** Lists what was approved for good, and takes back what the person picks. */
export async function forget(slop: Slop): Promise<void> {
  const all = [];
  for (const workspace of slop.roots) {
    const rules = (await workspace.link.run(commands.approvalRules, {})) as { id: string; scope: string; track: string; ticket: string; covers: string }[];
    all.push(...rules.map((r) => ({ label: r.covers, description: `for the ${r.scope}`, detail: `asked by ${r.ticket} of ${r.track}`, id: r.id, workspace })));
  }
  if (all.length === 0) {
    void vscode.window.showInformationMessage("Nothing was approved for good.");
    return;
  }
  const picked = await vscode.window.showQuickPick(all, { title: "Approved for Good", placeHolder: "Pick what is to be asked again from now on", canPickMany: true });
  for (const rule of picked ?? []) {
    await rule.workspace.link.run(commands.approvalForget, { id: rule.id });
  }
}

/** Shows what an approval would change in the editor's own diff view: an item's, or that of the open Review… document. */
export async function showAsked(slop: Slop, item?: Item): Promise<void> {
  const about = item === undefined ? reviewing() : undefined;
  const workspace = about && slop.of(about.document.uri);
  if (about && workspace) {
    await showDiff(workspace, about.id, { approval: about.id });
    return;
  }
  const found = await pickApproval(slop, item);
  if (found) {
    await showDiff(found.workspace, `${found.approval.id}, ${found.approval.ticket}`, { approval: found.approval.id });
  }
}

/** Answers the Review… document in front of the person, as it was edited, and closes it. */
export function answerReview(decision: "approve" | "reject"): (slop: Slop) => Promise<void> {
  return async (slop) => {
    const about = reviewing();
    const owner = about && slop.of(about.document.uri);
    if (about && owner) {
      await owner.link.run(commands.approvalAnswer, { id: about.id, decision, uri: about.document.uri.toString() });
      await closeReview(about.document);
    }
  };
}
