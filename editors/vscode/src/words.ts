// How things are said to people, in a few words. It knows nothing of VS Code.
import { untouched, type KnownTrack } from "./known";
import type { Approval, Ticket, Usage } from "./wire";

/** 1234 tokens are "1.2k". */
export function count(tokens: number): string {
  if (tokens < 1000) {
    return String(tokens);
  }
  return tokens < 1_000_000 ? `${(tokens / 1000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(1)}M`;
}

/** Money in cents; less than one is not called nothing. */
function dollars(cost: number): string {
  return cost > 0 && cost < 0.005 ? "<$0.01" : `$${cost.toFixed(2)}`;
}

/** What a ticket used: "1.5k tokens, $0.02"; empty where it used nothing. */
export function spent(usage: Usage): string {
  const tokens = usage.input + usage.output;
  if (tokens === 0) {
    return "";
  }
  return typeof usage.cost === "number" ? `${count(tokens)} tokens, ${dollars(usage.cost)}` : `${count(tokens)} tokens`;
}

/** What is said of a ticket beside its id. */
export function ticketLine(t: Ticket): string {
  const waits = t.status === "todo" && t.waits_for.length > 0 ? `waits for ${t.waits_for.join(", ")}` : "";
  return [
    t.phase || (t.status === "in_progress" ? "" : t.status.replace("_", " ")),
    t.attempt > 1 ? `attempt ${t.attempt}` : "",
    waits,
    t.reason.replace(/\s+/g, " "),
    t.stale ? "stale" : "",
    t.orphaned ? "not in the track any more" : "",
    spent(t.usage),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** What is said of a track beside its name: "2 of 7, running". */
export function trackLine(track: KnownTrack): string {
  if (track.status === untouched) {
    return "not run yet";
  }
  const done = track.tickets.filter((t) => t.status === "completed").length;
  const head = `${done} of ${track.tickets.length}, ${track.status}`;
  return track.reason === "" ? head : `${head}: ${track.reason.replace(/\s+/g, " ")}`;
}

export interface Sum {
  /** Tickets that work; one that waits for a person does not. */
  running: number;
  cost: number;
  /** The price of a call is not known: the cost is at least that much. */
  more: boolean;
}

/** What all tracks together do and cost. */
export function sum(tracks: readonly KnownTrack[]): Sum {
  const total: Sum = { running: 0, cost: 0, more: false };
  for (const t of tracks.flatMap((track) => track.tickets)) {
    total.running += t.status === "in_progress" && !t.phase.startsWith("awaiting") ? 1 : 0;
    if (typeof t.usage.cost === "number") {
      total.cost += t.usage.cost;
    } else {
      total.more = true;
    }
  }
  return total;
}

/** The text of the status bar: what runs, what waits and what it has cost; empty where there is nothing to say. */
export function statusText(total: Sum, asked: number): string {
  const parts = [
    total.running > 0 ? `${total.running} running` : "",
    asked > 0 ? `${asked} waiting for you` : "",
    total.cost > 0 ? `${dollars(total.cost)}${total.more ? "+" : ""}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "slop" : `slop: ${parts.join(", ")}`;
}

/** What the status bar says at length. */
export function statusTip(total: Sum, asked: number): string {
  const waits = asked === 0 ? "Nothing waits for you." : asked === 1 ? "One approval waits for you: click to review it." : `${asked} approvals wait for you: click to see them.`;
  return total.more && total.cost > 0 ? `${waits}\nThe price of some calls is not known: it has cost at least $${total.cost.toFixed(2)}.` : waits;
}

const verbs: Record<string, string> = { spawn: "start", step: "a tool", edit: "its edit", command: "a command", question: "a question" };

/** The name of an approval in a list: whose it is, and what is asked. */
export function approvalName(a: Approval): string {
  return `${a.ticket}: ${verbs[a.kind] ?? a.kind}`;
}

/** The name of a ticket in a list: its id and what it is about. */
export function ticketName(t: Ticket): string {
  return t.title === "" || t.title === t.id ? t.id : `${t.id}: ${t.title}`;
}

/** What is asked, beside the approval's name: without what that says already. */
export function approvalLine(a: Approval, ticket: Ticket | undefined): string {
  if (a.kind === "spawn" && ticket !== undefined && ticket.title !== "") {
    return ticket.title;
  }
  const said = [`${a.ticket} runs: `, `${a.ticket} `].find((head) => a.title.startsWith(head)) ?? "";
  return a.title.slice(said.length);
}

/** A text for the editor's messages, which make a link of [words](command:…) where none is meant. */
export function unlinked(text: string): string {
  return text.replaceAll("](", "] (");
}

/** The last part of a track's id, by which people know it. */
export function trackName(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
