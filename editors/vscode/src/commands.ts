// The commands of the palette, the views and the title bars. Each hands on to a command of the server.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import { Graph } from "./graph/panel";
import { isTrack, trackId } from "./names";
import { reviewing } from "./review";
import type { ApprovalItem, Item, TicketItem, TrackItem } from "./tree";
import { Watch } from "./watch";
import { commands, type AnswerArgs } from "./wire";

type Handler = (slop: Slop, item?: Item) => unknown;

/** The document of a track. The server names tracks by their path without the suffix. */
export async function trackUri(workspace: Workspace, id: string): Promise<vscode.Uri> {
  const root = workspace.folder.uri;
  for (const suffix of [".track.yaml", ".track.yml", ".track.json"]) {
    const uri = vscode.Uri.joinPath(root, id + suffix);
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch {
      continue; // the next suffix
    }
  }
  return vscode.Uri.joinPath(root, `${id}.track.yaml`);
}

/** The track that a command is about: of its item, of the active editor, or the one that the person picks. */
async function track(slop: Slop, item?: Item): Promise<{ workspace: Workspace; uri: vscode.Uri; id: string } | undefined> {
  if (item?.kind === "track" || item?.kind === "ticket") {
    return { workspace: item.workspace, uri: await trackUri(item.workspace, item.track.id), id: item.track.id };
  }
  const active = vscode.window.activeTextEditor?.document.uri;
  const here = active && slop.of(active);
  if (active && here && isTrack(active.path)) {
    return { workspace: here, uri: active, id: trackId(vscode.workspace.asRelativePath(active, false)) };
  }
  const all = slop.workspaces.flatMap((workspace) => workspace.known.tracks.map((t) => ({ label: t.id, description: t.status, workspace })));
  const picked = all.length === 1 ? all[0] : await vscode.window.showQuickPick(all, { placeHolder: "Which track?" });
  return picked && { workspace: picked.workspace, uri: await trackUri(picked.workspace, picked.label), id: picked.label };
}

function onTrack(command: string): Handler {
  return async (slop, item) => {
    const found = await track(slop, item);
    await found?.workspace.link.run(command, { uri: found.uri.toString() });
  };
}

/** The ticket that a command is about: of its item, or the one that the person picks. */
async function ticket(slop: Slop, item?: Item): Promise<TicketItem | undefined> {
  if (item?.kind === "ticket") {
    return item;
  }
  const all = slop.workspaces.flatMap((workspace) =>
    workspace.known.tracks.flatMap((t) =>
      t.tickets.map((one) => ({ label: one.id, description: `${t.id} · ${one.status}`, item: { kind: "ticket", workspace, track: t, ticket: one } satisfies TicketItem })),
    ),
  );
  return (await vscode.window.showQuickPick(all, { placeHolder: "Which ticket?", matchOnDescription: true }))?.item;
}

function onTicket(command: string, prompt?: string): Handler {
  return async (slop, item) => {
    const found = await ticket(slop, item);
    if (!found) {
      return;
    }
    const reason = prompt === undefined ? "" : await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
    if (reason === undefined) {
      return;
    }
    const uri = (await trackUri(found.workspace, found.track.id)).toString();
    await found.workspace.link.run(command, { uri, id: found.ticket.id, ...(reason === "" ? {} : { reason }) });
  };
}

/** The approval that a command is about: of its item, or the one that the person picks. */
async function approval(slop: Slop, item?: Item): Promise<ApprovalItem | undefined> {
  if (item?.kind === "approval") {
    return item;
  }
  const all = slop.workspaces.flatMap((workspace) =>
    workspace.known.asked.map((a) => ({ label: a.title, description: `${a.id} · ${a.ticket}`, item: { kind: "approval", workspace, approval: a } satisfies ApprovalItem })),
  );
  if (all.length === 0) {
    void vscode.window.showInformationMessage("Nothing waits for you.");
    return undefined;
  }
  const picked = all.length === 1 ? all[0] : await vscode.window.showQuickPick(all, { placeHolder: `${all.length} wait for you` });
  return picked?.item;
}

function answer(found: ApprovalItem, args: Omit<AnswerArgs, "id">): Promise<unknown> {
  return found.workspace.link.run(commands.approvalAnswer, { id: found.approval.id, ...args });
}

const review: Handler = async (slop, item) => {
  const found = await approval(slop, item);
  await found?.workspace.link.run(commands.approvalOpen, { id: found.approval.id });
};

const approve: Handler = async (slop, item) => {
  const found = await approval(slop, item);
  if (found) {
    await answer(found, { decision: "approve" });
  }
};

const reject: Handler = async (slop, item) => {
  const found = await approval(slop, item);
  const prompt = "Why? The worker is told. It may be empty.";
  const reason = found && (await vscode.window.showInputBox({ prompt, title: `Reject ${found.approval.id}`, ignoreFocusOut: true }));
  if (found && reason !== undefined) {
    await answer(found, { decision: "reject", ...(reason === "" ? {} : { reason }) });
  }
};

const always: Handler = async (slop, item) => {
  const found = await approval(slop, item);
  const scopes = [
    { label: "For this ticket", scope: "ticket" },
    { label: "For this track", scope: "track" },
    { label: "For this workspace", scope: "workspace" },
  ];
  const picked = found && (await vscode.window.showQuickPick(scopes, { title: found.approval.title, placeHolder: "Approve exactly this from now on…" }));
  if (found && picked) {
    await answer(found, { decision: "approve", remember: picked.scope });
  }
};

function answerReview(decision: "approve" | "reject"): Handler {
  return async (slop) => {
    const about = reviewing();
    const owner = about && (slop.workspaces.find((w) => w.known.asked.some((a) => a.id === about.id)) ?? slop.of(about.uri));
    await owner?.link.run(commands.approvalAnswer, { id: about?.id, decision, uri: about?.uri.toString() });
  };
}

/** Shows a ticket, or a track, in its document. */
const open: Handler = async (slop, item) => {
  const found = await track(slop, item);
  if (!found) {
    return;
  }
  const document = await vscode.workspace.openTextDocument(found.uri);
  const editor = await vscode.window.showTextDocument(document, { preview: true });
  if (item?.kind === "ticket") {
    const id = item.ticket.id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const match = new RegExp(`["']?\\bid["']?\\s*:\\s*["']?${id}["']?\\s*($|[,}#])`, "m").exec(document.getText());
    const at = document.positionAt(match?.index ?? 0);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
};

const watch: Handler = async (slop, item) => {
  const found = await ticket(slop, item);
  if (found) {
    const uri = Watch.uri(found.workspace.folder, found.track.id, found.ticket.id);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }
};

const graph: Handler = async (slop, item) => {
  const found = await track(slop, item);
  if (found) {
    Graph.show(slop, found.workspace, found.id);
  }
};

/** Makes a track of a goal: by the server where it can plan, else an empty one to be filled in. */
const create: Handler = async (slop) => {
  await slop.start(true);
  const workspace = slop.of(vscode.window.activeTextEditor?.document.uri);
  const goal = workspace && (await vscode.window.showInputBox({ prompt: "What is to be true when the work is done?", title: "New Track", ignoreFocusOut: true }));
  if (workspace && goal) {
    await workspace.link.run("slop.track.new", { goal });
  }
};

const walkthrough: Handler = () => vscode.commands.executeCommand("workbench.action.openWalkthrough", "slop-ls.slop-ls#first");

const handlers: Record<string, Handler> = {
  "slop.start": (slop) => slop.start(true),
  "slop.restart": async (slop) => {
    await slop.stop();
    await slop.start(true);
  },
  "slop.showLog": (slop) => slop.log.show(),
  "slop.walkthrough": walkthrough,
  "slop.open": open,
  "slop.track.create": create,
  "slop.track.start": onTrack(commands.trackRun),
  "slop.track.hold": onTrack(commands.trackPause),
  "slop.track.goOn": onTrack(commands.trackResume),
  "slop.track.end": onTrack(commands.trackStop),
  "slop.track.showPlan": onTrack(commands.trackPlan),
  "slop.track.showDiff": onTrack(commands.diffOpen),
  "slop.track.showGraph": graph,
  "slop.ticket.start": onTicket(commands.ticketRun),
  "slop.ticket.again": onTicket(commands.ticketRetry, "Instruction for the next attempt. It may be empty."),
  "slop.ticket.end": onTicket(commands.ticketKill),
  "slop.ticket.hold": onTicket(commands.ticketBlock, "Why is it blocked?"),
  "slop.ticket.goOn": onTicket(commands.ticketUnblock, "Instruction for the next attempt. It may be empty."),
  "slop.ticket.pass": onTicket(commands.ticketSkip),
  "slop.ticket.showTranscript": onTicket(commands.transcriptOpen),
  "slop.ticket.showDiff": onTicket(commands.diffOpen),
  "slop.ticket.watch": watch,
  "slop.approval.review": review,
  "slop.approval.yes": approve,
  "slop.approval.no": reject,
  "slop.approval.always": always,
  "slop.review.yes": answerReview("approve"),
  "slop.review.no": answerReview("reject"),
};

/** The names of all commands, for the test that holds package.json against them. */
export const commandNames = Object.keys(handlers);

/** Registers the commands. What the server refuses is shown in its own words. */
export function register(slop: Slop): vscode.Disposable {
  const registered = Object.entries(handlers).map(([name, handle]) =>
    vscode.commands.registerCommand(name, async (item?: Item | TrackItem) => {
      try {
        await handle(slop, item);
      } catch (err) {
        void vscode.window.showErrorMessage(err instanceof Error ? err.message : String(err));
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
