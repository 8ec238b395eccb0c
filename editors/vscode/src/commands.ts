// The commands of the palette, the views and the title bars. Each hands on to a command of the server.
import * as vscode from "vscode";
import { always, answerReview, approve, forget, reject, reply, review, showAsked, waiting } from "./answers";
import type { Slop } from "./context";
import { showDiff } from "./diff";
import { Graph } from "./graph/panel";
import { pickTicket, pickTrack, trackUri } from "./pick";
import { undoing } from "./review";
import type { Item, TicketItem } from "./tree";
import { Watch } from "./watch";
import { commands, type DiffFile } from "./wire";
import { trackName, unlinked } from "./words";

/** What a command does; items are all that are selected where item is one of them. */
type Handler = (slop: Slop, item?: Item, items?: readonly Item[]) => unknown;

const anyTicket = (): boolean => true;

function status(...wanted: string[]): (of: TicketItem) => boolean {
  return ({ ticket }) => wanted.includes(ticket.status);
}

function onTrack(command: string): Handler {
  return async (slop, item) => {
    const found = await pickTrack(slop, item);
    await found?.workspace.link.run(command, { uri: found.uri.toString() });
  };
}

function onTicket(command: string, fits: (of: TicketItem) => boolean, prompt?: string): Handler {
  return async (slop, item) => {
    const found = await pickTicket(slop, item, fits);
    if (!found) {
      return;
    }
    const title = `${found.ticket.id} of ${trackName(found.track.id)}`;
    const reason = prompt === undefined ? "" : await vscode.window.showInputBox({ prompt, title, ignoreFocusOut: true });
    if (reason !== undefined) {
      const uri = (await trackUri(found.workspace, found.track.id)).toString();
      await found.workspace.link.run(command, { uri, id: found.ticket.id, ...(reason === "" ? {} : { reason }) });
    }
  };
}

/** Shows a ticket, or a track, in its document. */
const open: Handler = async (slop, item) => {
  const found = await pickTrack(slop, item);
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
  const found = await pickTicket(slop, item, status("in_progress"));
  if (found) {
    const uri = Watch.uri(found.workspace.folder, found.track.id, found.ticket.id);
    const document = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), "markdown");
    const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
    editor.revealRange(document.lineAt(document.lineCount - 1).range);
  }
};

const graph: Handler = async (slop, item) => {
  const found = await pickTrack(slop, item);
  if (found) {
    Graph.show(slop, found.workspace, found.id);
  }
};

const trackDiff: Handler = async (slop, item) => {
  const found = await pickTrack(slop, item);
  if (found) {
    await showDiff(found.workspace, `${trackName(found.id)}: all changes`, { uri: found.uri.toString() });
  }
};

const ticketDiff: Handler = async (slop, item) => {
  const found = await pickTicket(slop, item, ({ ticket }) => ticket.attempt > 0);
  if (found) {
    const uri = (await trackUri(found.workspace, found.track.id)).toString();
    await showDiff(found.workspace, found.ticket.id, { uri, id: found.ticket.id });
  }
};

/** Undoes a ticket and says what became of it. What stands in the way is the server's to say. */
const undo: Handler = async (slop, item) => {
  const found = await pickTicket(slop, item, status("completed"));
  if (!found) {
    return;
  }
  const args = { uri: (await trackUri(found.workspace, found.track.id)).toString(), id: found.ticket.id };
  const files = (await found.workspace.link.run(commands.diffFiles, { ...args, undo: true })) as DiffFile[];
  await found.workspace.link.run(commands.ticketUndo, args);
  const what = files.length === 0 ? "there was nothing left to take back" : `${files.map((f) => f.path).join(", ")} ${files.length === 1 ? "is" : "are"} without its changes`;
  void vscode.window.showInformationMessage(`${found.ticket.id} is undone: ${what}.`);
};

/** Shows what an undo would change, and asks. It can be answered later too, in the title bar of the diff. */
const previewUndo: Handler = async (slop, item) => {
  const found = await pickTicket(slop, item, status("completed"));
  if (!found) {
    return;
  }
  const uri = (await trackUri(found.workspace, found.track.id)).toString();
  const { id } = found.ticket;
  const changes = await showDiff(found.workspace, `undo of ${id}`, { uri, id, undo: true });
  const question = changes ? `Undo ${id} as this diff shows? It goes back to todo.` : `${id} changed nothing that is still there. Put it back to todo?`;
  if ((await vscode.window.showWarningMessage(question, "Undo", "Keep")) === "Undo") {
    await found.workspace.link.run(commands.ticketUndo, { uri, id });
  }
};

/** Undoes what the diff in front of the person shows, and closes it. */
const undoShown: Handler = async (slop) => {
  const about = undoing(slop);
  if (!about) {
    return;
  }
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  await about.workspace.link.run(commands.ticketUndo, { uri: (await trackUri(about.workspace, about.track)).toString(), id: about.ticket });
  if (tab) {
    await vscode.window.tabGroups.close(tab);
  }
};

/** Makes a track of a goal: the server writes it, to be reviewed. */
const create: Handler = async (slop) => {
  await slop.start(true);
  const workspace = slop.of(vscode.window.activeTextEditor?.document.uri);
  const goal = workspace && (await vscode.window.showInputBox({ prompt: "What is to be true when the work is done?", title: "New Track", ignoreFocusOut: true }));
  if (workspace && goal !== undefined && goal !== "") {
    await workspace.link.run(commands.trackNew, { goal });
  }
};

/** Lets tier 2 write a track's tickets, with what the person adds. */
const replan: Handler = async (slop, item) => {
  const found = await pickTrack(slop, item);
  const prompt = "What is to be minded when the tickets are written? It may be empty.";
  const instruction = found && (await vscode.window.showInputBox({ prompt, title: `Plan ${trackName(found.id)}`, ignoreFocusOut: true }));
  if (found && instruction !== undefined) {
    await found.workspace.link.run(commands.trackPlan, { uri: found.uri.toString(), generate: true, ...(instruction === "" ? {} : { instruction }) });
  }
};

/** Where the cursor is, in a folder that has a server; it is started where none runs. */
async function cursor(slop: Slop): Promise<{ run: (command: string, args: object) => Promise<unknown>; editor: vscode.TextEditor } | undefined> {
  const editor = vscode.window.activeTextEditor;
  const folder = editor && vscode.workspace.getWorkspaceFolder(editor.document.uri);
  const workspace = folder && (await slop.startFolder(folder));
  return workspace && { run: (command, args) => workspace.link.run(command, args), editor };
}

const runSymbol: Handler = async (slop) => {
  const at = await cursor(slop);
  const { line, character } = at?.editor.selection.active ?? { line: 0, character: 0 };
  await at?.run(commands.ticketRunOnSymbol, { uri: at.editor.document.uri.toString(), position: { line, character } });
};

const newTicket: Handler = async (slop) => {
  const at = await cursor(slop);
  const instruction = at && (await vscode.window.showInputBox({ prompt: "What is to be done here?", title: "New Ticket", ignoreFocusOut: true }));
  if (at && instruction !== undefined && instruction !== "") {
    const { start, end } = at.editor.selection;
    const range = { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
    await at.run(commands.ticketNew, { uri: at.editor.document.uri.toString(), range, instruction });
  }
};

const board: Handler = async (slop) => {
  await slop.start(true);
  await slop.of(vscode.window.activeTextEditor?.document.uri)?.link.run(commands.status, { open: true });
};

const inbox: Handler = async (slop) => {
  await slop.start(true);
  await slop.of(vscode.window.activeTextEditor?.document.uri)?.link.run(commands.approvalList, { open: true });
};

const instruct = "Instruction for the next attempt. It may be empty.";

const handlers: Record<string, Handler> = {
  "slop.start": (slop) => slop.start(true),
  "slop.restart": async (slop) => {
    await slop.stop();
    await slop.start(true);
  },
  "slop.showLog": (slop) => slop.log.show(),
  "slop.settings": () => vscode.commands.executeCommand("workbench.action.openSettings", "slop.server.path"),
  "slop.walkthrough": () => vscode.commands.executeCommand("workbench.action.openWalkthrough", "slop-ls.slop-ls#first"),
  "slop.waiting": waiting,
  "slop.board": board,
  "slop.open": open,
  "slop.symbol.run": runSymbol,
  "slop.symbol.ticket": newTicket,
  "slop.track.create": create,
  "slop.track.replan": replan,
  "slop.track.start": onTrack(commands.trackRun),
  "slop.track.hold": onTrack(commands.trackPause),
  "slop.track.goOn": onTrack(commands.trackResume),
  "slop.track.end": onTrack(commands.trackStop),
  "slop.track.showPlan": onTrack(commands.trackPlan),
  "slop.track.showOutcome": onTrack(commands.diffOpen),
  "slop.track.showDiff": trackDiff,
  "slop.track.showGraph": graph,
  "slop.ticket.start": onTicket(commands.ticketRun, status("todo")),
  "slop.ticket.again": onTicket(commands.ticketRetry, status("blocked", "killed", "completed"), instruct),
  "slop.ticket.end": onTicket(commands.ticketKill, status("todo", "in_progress", "blocked")),
  "slop.ticket.hold": onTicket(commands.ticketBlock, status("todo", "in_progress"), "Why is it blocked?"),
  "slop.ticket.goOn": onTicket(commands.ticketUnblock, status("blocked"), instruct),
  "slop.ticket.pass": onTicket(commands.ticketSkip, status("todo", "blocked")),
  "slop.ticket.takeBack": undo,
  "slop.ticket.previewUndo": previewUndo,
  "slop.ticket.showTranscript": onTicket(commands.transcriptOpen, anyTicket),
  "slop.ticket.showDiff": ticketDiff,
  "slop.ticket.watch": watch,
  "slop.undo.yes": undoShown,
  "slop.approval.review": review,
  "slop.approval.yes": approve,
  "slop.approval.no": reject,
  "slop.approval.reply": reply,
  "slop.approval.always": always,
  "slop.approval.showDiff": showAsked,
  "slop.approval.inbox": inbox,
  "slop.approval.remembered": forget,
  "slop.review.yes": answerReview("approve"),
  "slop.review.no": answerReview("reject"),
};

/** What a webview's menu gives: the ticket that was clicked. */
interface Clicked {
  slopTicket: string;
}

/** Registers the commands. What the server refuses is shown in its own words. */
export function register(slop: Slop): vscode.Disposable {
  const registered = Object.entries(handlers).map(([name, handle]) =>
    vscode.commands.registerCommand(name, async (given?: Item | Clicked, others?: unknown) => {
      try {
        const item = given !== undefined && "slopTicket" in given ? Graph.ticket(given.slopTicket) : given;
        await handle(slop, isItem(item) ? item : undefined, Array.isArray(others) ? others.filter(isItem) : []);
      } catch (err) {
        void vscode.window.showErrorMessage(unlinked(err instanceof Error ? err.message : String(err)));
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** Title bars give a URI and a group of editors, and walkthroughs nothing that is an item. */
function isItem(given: unknown): given is Item {
  return typeof given === "object" && given !== null && "kind" in given && "workspace" in given;
}
