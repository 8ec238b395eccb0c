// The two views of the side bar: what waits for the person, and tracks with their tickets.
import * as vscode from "vscode";
import type { Slop, Workspace } from "./context";
import { untouched, type KnownTrack } from "./known";
import type { Approval, Ticket } from "./wire";
import { approvalLine, approvalName, ticketLine, ticketName, trackLine, trackName } from "./words";

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
  asked: ["bell-dot", "list.warningForeground"],
  completed: ["pass", "testing.iconPassed"],
  blocked: ["warning", "list.warningForeground"],
  killed: ["error", "testing.iconFailed"],
  idle: ["circle-outline"],
  new: ["circle-outline"],
  running: ["play-circle", "charts.blue"],
  paused: ["debug-pause", "list.warningForeground"],
  stopped: ["debug-stop"],
  done: ["pass", "testing.iconPassed"],
};

function icon(status: string): vscode.ThemeIcon {
  const [name, color] = icons[status] ?? ["circle-outline"];
  return new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
}

/** So many tickets are shown without being asked for; longer tracks begin folded. */
const shown = 200;

/** Tracks with their tickets, live. */
export class Tracks implements vscode.TreeDataProvider<TrackItem | TicketItem>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<TrackItem[] | undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly told: vscode.Disposable;
  private items: TrackItem[] = [];
  private pending: NodeJS.Timeout | undefined;

  constructor(private readonly slop: Slop) {
    this.told = slop.onChange(() => {
      this.pending ??= setTimeout(() => this.renew(), 150);
    });
  }

  /** Draws the tracks again in which something has changed; all of them only where there are others than before. */
  private renew(): void {
    this.pending = undefined;
    const before = new Map(this.items.map((item) => [trackKey(item), item]));
    const now = this.now();
    if (now.length !== this.items.length || now.some((item) => before.get(trackKey(item))?.workspace !== item.workspace)) {
      this.items = now;
      this.changes.fire(undefined);
      return;
    }
    const changed: TrackItem[] = [];
    for (const item of now) {
      const old = before.get(trackKey(item));
      if (old && (differs(old.track, item.track) || askedOf(old) !== askedOf(item))) {
        old.track = item.track;
        changed.push(old);
      }
    }
    if (changed.length > 0) {
      this.changes.fire(changed);
    }
  }

  private now(): TrackItem[] {
    return this.slop.roots.flatMap((workspace) => workspace.known.tracks.map((track): TrackItem => ({ kind: "track", workspace, track })));
  }

  getChildren(of?: TrackItem | TicketItem): (TrackItem | TicketItem)[] {
    if (of === undefined) {
      this.items = this.now();
      return this.items;
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
    const folded = track.tickets.length > shown || track.status === "done";
    const none = track.tickets.length === 0 ? vscode.TreeItemCollapsibleState.None : undefined;
    const item = new vscode.TreeItem(trackName(track.id), none ?? (folded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded));
    item.id = trackKey({ kind: "track", workspace, track });
    item.contextValue = `track-${track.status}`;
    const where = this.slop.roots.length > 1 ? ` · ${workspace.folder.name}` : "";
    item.description = trackLine(track) + where;
    item.tooltip = `${track.id}\n${trackLine(track)}`;
    item.iconPath = icon(track.status);
    if (none !== undefined) {
      item.command = { command: "slop.open", title: "Open the Track", arguments: [{ kind: "track", workspace, track } satisfies TrackItem] };
    }
    item.accessibilityInformation = { label: `track ${trackName(track.id)}, ${trackLine(track)}` };
    return item;
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.told.dispose();
    this.changes.dispose();
  }
}

/** Whether a track is not what it was; one of which there is only a document is always the same. */
function differs(was: KnownTrack, now: KnownTrack): boolean {
  return was !== now && (was.status !== untouched || now.status !== untouched);
}

function trackKey({ workspace, track }: TrackItem): string {
  return `${workspace.key}#${track.id}${track.status === untouched ? "#new" : ""}`; // it unfolds when there are tickets
}

/** The approvals that tickets of a track wait for, as one text. */
function askedOf({ workspace, track }: TrackItem): string {
  return workspace.known.asked.filter((a) => a.track === track.id).map((a) => a.id).join();
}

/** The approval that a ticket waits for. */
export function approvalOf({ workspace, track, ticket }: TicketItem): ApprovalItem | undefined {
  const approval = workspace.known.asked.find((a) => a.track === track.id && a.ticket === ticket.id);
  return approval && { kind: "approval", workspace, approval };
}

function ticketItem(of: TicketItem): vscode.TreeItem {
  const { workspace, track, ticket } = of;
  const asked = approvalOf(of);
  const item = new vscode.TreeItem(ticketName(ticket), vscode.TreeItemCollapsibleState.None);
  item.id = `${workspace.key}#${track.id}#${ticket.id}`;
  item.contextValue = `ticket-${ticket.status}${asked ? "-asked" : ""}${ticket.attempt > 0 ? "-tried" : ""}`;
  item.description = ticketLine(ticket);
  item.tooltip = [ticketName(ticket), ticketLine(ticket), asked?.approval.title].filter((line) => line !== undefined).join("\n");
  item.iconPath = icon(asked ? "asked" : ticket.status);
  item.accessibilityInformation = { label: `ticket ${ticketName(ticket)}, ${ticketLine(ticket)}` };
  item.command = { command: "slop.open", title: "Go to Ticket", arguments: [of] };
  return item;
}

const kinds: Record<string, string> = { spawn: "person-add", step: "tools", edit: "diff", command: "terminal", question: "question" };

/** What waits for the person. */
export class Approvals implements vscode.TreeDataProvider<ApprovalItem>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly told: vscode.Disposable;
  private last = "";

  constructor(private readonly slop: Slop) {
    this.told = slop.onChange(() => {
      const now = this.all().map((a) => `${a.workspace.key}#${a.approval.id}`).join();
      if (now !== this.last) {
        this.last = now;
        this.changes.fire(undefined);
      }
    });
  }

  getChildren(of?: ApprovalItem): ApprovalItem[] {
    return of ? [] : this.all();
  }

  /** All that wait, the oldest first in each workspace. */
  all(): ApprovalItem[] {
    return this.slop.roots.flatMap((workspace) => workspace.known.asked.map((approval): ApprovalItem => ({ kind: "approval", workspace, approval })));
  }

  getTreeItem(of: ApprovalItem): vscode.TreeItem {
    const { workspace, approval } = of;
    const item = new vscode.TreeItem(approvalName(approval), vscode.TreeItemCollapsibleState.None);
    item.id = `${workspace.key}#${approval.id}`;
    item.contextValue = `approval-${approval.kind}`;
    const ticket = workspace.known.track(approval.track)?.tickets.find((t) => t.id === approval.ticket);
    const line = approvalLine(approval, ticket);
    item.description = this.slop.roots.length > 1 ? `${workspace.folder.name} · ${line}` : line;
    item.tooltip = `${approval.id}: ${approval.title}\nticket ${approval.ticket} of ${trackName(approval.track)}, asked ${new Date(approval.since).toLocaleString()}`;
    item.iconPath = new vscode.ThemeIcon(kinds[approval.kind] ?? "bell-dot");
    item.accessibilityInformation = { label: `${approval.id}, ticket ${approval.ticket}: ${approval.title}` };
    item.command = { command: "slop.approval.review", title: "Review…", arguments: [of] };
    return item;
  }

  dispose(): void {
    this.told.dispose();
    this.changes.dispose();
  }
}

/** Makes both views, the badge with the number of what waits included. */
export function views(slop: Slop): vscode.Disposable {
  const approvals = new Approvals(slop);
  const waiting = vscode.window.createTreeView("slop.approvals", { treeDataProvider: approvals, canSelectMany: true });
  const tickets = new Tracks(slop);
  const tracks = vscode.window.createTreeView("slop.tracks", { treeDataProvider: tickets, showCollapseAll: true });
  const told = slop.onChange(() => {
    const n = approvals.all().length;
    waiting.badge = n === 0 ? undefined : { value: n, tooltip: n === 1 ? "1 approval waits for you" : `${n} approvals wait for you` };
  });
  return vscode.Disposable.from(waiting, tracks, told, approvals, tickets);
}
