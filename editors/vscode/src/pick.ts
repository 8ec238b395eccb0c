// What a command is about: the item that it came from, else what the person is in, else what they pick.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import { isTrack, trackId, trackSuffixes } from "./names";
import { diffing } from "./review";
import { approvalOf, type ApprovalItem, type Item, type TicketItem } from "./tree";

/** A track that a command is about, with its document. */
export interface TrackAt {
  workspace: Workspace;
  uri: vscode.Uri;
  id: string;
}

/** The document of a track. The server names tracks by their path without the suffix. */
export async function trackUri(workspace: Workspace, id: string): Promise<vscode.Uri> {
  for (const suffix of trackSuffixes) {
    const uri = vscode.Uri.joinPath(workspace.link.root, id + suffix);
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch {
      continue; // the next suffix
    }
  }
  return vscode.Uri.joinPath(workspace.link.root, id + (trackSuffixes[0] ?? ""));
}

/** The id of the track that a document is, if it is one. */
function trackOf(workspace: Workspace, uri: vscode.Uri): string | undefined {
  const root = `${workspace.link.root.path}/`;
  return isTrack(uri.path) && uri.path.startsWith(root) ? trackId(uri.path.slice(root.length)) : undefined;
}

/** The track of an item or of the active editor, or the one that the person picks. */
export async function pickTrack(slop: Slop, item?: Item): Promise<TrackAt | undefined> {
  if (item?.kind === "track" || item?.kind === "ticket") {
    return { workspace: item.workspace, uri: await trackUri(item.workspace, item.track.id), id: item.track.id };
  }
  const active = vscode.window.activeTextEditor?.document.uri;
  const here = active && slop.of(active);
  const id = active && here ? trackOf(here, active) : undefined;
  if (active && here && id !== undefined) {
    return { workspace: here, uri: active, id };
  }
  const all = slop.roots.flatMap((workspace) => workspace.known.tracks.map((t) => ({ label: t.id, description: t.status, workspace })));
  if (all.length === 0) {
    void vscode.window.showInformationMessage("There is no track yet: Slop: New Track… makes one.");
    return undefined;
  }
  const picked = all.length === 1 ? all[0] : await vscode.window.showQuickPick(all, { placeHolder: "Which track?" });
  return picked && { workspace: picked.workspace, uri: await trackUri(picked.workspace, picked.label), id: picked.label };
}

/** The ticket of an item, or the one that the person picks among those that fit. */
export async function pickTicket(slop: Slop, item: Item | undefined, fits: (of: TicketItem) => boolean): Promise<TicketItem | undefined> {
  if (item?.kind === "ticket") {
    return item;
  }
  const all = slop.roots.flatMap((workspace) =>
    workspace.known.tracks.flatMap((track) => track.tickets.map((ticket): TicketItem => ({ kind: "ticket", workspace, track, ticket }))),
  );
  const choices = all.filter(fits).map((of) => ({ label: of.ticket.id, description: of.ticket.title, detail: `${of.track.id} · ${of.ticket.status}`, of }));
  if (choices.length === 0) {
    void vscode.window.showInformationMessage("There is no ticket of which that could be done now.");
    return undefined;
  }
  return (await vscode.window.showQuickPick(choices, { placeHolder: "Which ticket?", matchOnDescription: true, matchOnDetail: true }))?.of;
}

/** The approval of an item, of a ticket or of the diff in front of the person, or the one that the person picks. */
export async function pickApproval(slop: Slop, item?: Item): Promise<ApprovalItem | undefined> {
  if (item?.kind === "approval") {
    return item;
  }
  const ofTicket = item?.kind === "ticket" ? approvalOf(item) : item === undefined ? diffing(slop) : undefined;
  if (ofTicket) {
    return ofTicket;
  }
  const all = slop.roots.flatMap((workspace) =>
    workspace.known.asked.map((a) => ({ label: a.title, description: `${a.id} · ${a.ticket}`, item: { kind: "approval", workspace, approval: a } satisfies ApprovalItem })),
  );
  if (all.length === 0) {
    void vscode.window.showInformationMessage("Nothing waits for you.");
    return undefined;
  }
  const picked = all.length === 1 ? all[0] : await vscode.window.showQuickPick(all, { placeHolder: `${all.length} wait for you` });
  return picked?.item;
}
