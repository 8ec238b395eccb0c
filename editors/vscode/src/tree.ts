// The two views of the side bar: what waits for the person, and tracks with their tickets.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import type { KnownTrack } from "./known";
import type { Approval, Ticket } from "./wire";
import { ticketLine, trackLine, trackName } from "./words";

/** What an item of a view is about. Commands of the views get it as their argument. */
export interface TrackItem {
  kind: "track";
  workspace: Workspace;
  track: KnownTrack;
}
export interface TicketItem {
  kind: "ticket";
  workspace: Workspace;
  track: KnownTrack;
  ticket: Ticket;
}
export interface ApprovalItem {
  kind: "approval";
  workspace: Workspace;
  approval: Approval;
}
export type Item = TrackItem | TicketItem | ApprovalItem;

const icons: Record<string, [icon: string, color?: string]> = {
  todo: ["circle-outline"],
  in_progress: ["sync~spin", "charts.blue"],
  completed: ["pass", "testing.iconPassed"],
  blocked: ["warning", "list.warningForeground"],
  killed: ["error", "testing.iconFailed"],
};

function icon(status: string): vscode.ThemeIcon {
  const [name, color] = icons[status] ?? ["circle-outline"];
  return new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
}

/** Tracks with their tickets, live. */
export class Tracks implements vscode.TreeDataProvider<TrackItem | TicketItem> {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly slop: Slop) {
    slop.onChange(() => this.changes.fire(undefined));
  }

  getChildren(of?: TrackItem | TicketItem): (TrackItem | TicketItem)[] {
    if (of === undefined) {
      return this.slop.workspaces.flatMap((workspace) =>
        workspace.known.tracks.map((track): TrackItem => ({ kind: "track", workspace, track })),
      );
    }
    if (of.kind === "ticket") {
      return [];
    }
    return of.track.tickets.map((ticket): TicketItem => ({ kind: "ticket", workspace: of.workspace, track: of.track, ticket }));
  }

  getTreeItem(of: TrackItem | TicketItem): vscode.TreeItem {
    return of.kind === "track" ? this.trackItem(of) : ticketItem(of);
  }

  private trackItem({ workspace, track }: TrackItem): vscode.TreeItem {
    const item = new vscode.TreeItem(trackName(track.id), vscode.TreeItemCollapsibleState.Expanded);
    item.id = `${workspace.folder.uri.toString()}#${track.id}`;
    item.contextValue = `track-${track.status}`;
    const where = this.slop.workspaces.length > 1 ? ` · ${workspace.folder.name}` : "";
    item.description = trackLine(track) + where;
    item.tooltip = `${track.id}\n${trackLine(track)}`;
    item.accessibilityInformation = { label: `track ${trackName(track.id)}, ${trackLine(track)}` };
    return item;
  }
}

function ticketItem(of: TicketItem): vscode.TreeItem {
  const { workspace, track, ticket } = of;
  const item = new vscode.TreeItem(ticket.id, vscode.TreeItemCollapsibleState.None);
  item.id = `${workspace.folder.uri.toString()}#${track.id}#${ticket.id}`;
  item.contextValue = `ticket-${ticket.status}`;
  item.description = ticketLine(ticket);
  item.tooltip = `${ticket.id}: ${ticketLine(ticket)}`;
  item.iconPath = icon(ticket.status);
  item.accessibilityInformation = { label: `ticket ${ticket.id}, ${ticketLine(ticket)}` };
  item.command = { command: "slop.open", title: "Go to Ticket", arguments: [of] };
  return item;
}

/** What waits for the person. */
export class Approvals implements vscode.TreeDataProvider<ApprovalItem> {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changes.event;

  constructor(private readonly slop: Slop) {
    slop.onChange(() => this.changes.fire(undefined));
  }

  getChildren(of?: ApprovalItem): ApprovalItem[] {
    return of ? [] : this.all();
  }

  /** All that wait, the oldest first in each workspace. */
  all(): ApprovalItem[] {
    return this.slop.workspaces.flatMap((workspace) =>
      workspace.known.asked.map((approval): ApprovalItem => ({ kind: "approval", workspace, approval })),
    );
  }

  getTreeItem(of: ApprovalItem): vscode.TreeItem {
    const { workspace, approval } = of;
    const item = new vscode.TreeItem(approval.title, vscode.TreeItemCollapsibleState.None);
    item.id = `${workspace.folder.uri.toString()}#${approval.id}`;
    item.contextValue = `approval-${approval.kind}`;
    item.description = `${approval.id} · ${approval.ticket}`;
    item.tooltip = `${approval.id}: ${approval.title}\nticket ${approval.ticket} of ${approval.track}`;
    item.iconPath = new vscode.ThemeIcon(approval.kind === "question" ? "question" : "bell-dot");
    item.accessibilityInformation = { label: `${approval.id}, ticket ${approval.ticket}: ${approval.title}` };
    item.command = { command: "slop.approval.review", title: "Review…", arguments: [of] };
    return item;
  }
}

/** Makes both views, the badge with the number of what waits included. */
export function views(slop: Slop): vscode.Disposable {
  const approvals = new Approvals(slop);
  const waiting = vscode.window.createTreeView("slop.approvals", { treeDataProvider: approvals });
  const tracks = vscode.window.createTreeView("slop.tracks", { treeDataProvider: new Tracks(slop), showCollapseAll: true });
  const told = slop.onChange(() => {
    const n = approvals.all().length;
    waiting.badge = n === 0 ? undefined : { value: n, tooltip: n === 1 ? "1 approval waits for you" : `${n} approvals wait for you` };
  });
  return vscode.Disposable.from(waiting, tracks, told);
}
