// What is known of one workspace, folded from slop/state and slop/stream. It knows nothing of VS Code.
import type { Approval, State, Stream, Ticket, TrackChange } from "./wire";

export interface KnownTrack {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  /** In file order. */
  readonly tickets: readonly Ticket[];
}

interface Said {
  attempt: number;
  pieces: Stream[];
  bytes: number;
  done: boolean;
}

/** How much of an attempt's stream is kept, in characters. */
export const kept = 64 * 1024;

export class Known {
  private seq = 0;
  private whole = false;
  private readonly byId = new Map<string, KnownTrack>();
  private waiting: Approval[] = [];
  private readonly streams = new Map<string, Said>();
  private documents: readonly string[] = [];

  /** Takes a state over; false where states between were lost, and only a whole one helps. */
  apply(state: State): boolean {
    if (state.whole) {
      this.byId.clear();
      this.waiting = [];
      this.whole = true;
    } else if (!this.whole || state.since !== this.seq) {
      return false;
    }
    this.seq = state.seq;
    for (const id of state.gone) {
      this.byId.delete(id);
    }
    for (const change of state.tracks) {
      this.byId.set(change.id, follow(this.byId.get(change.id), change));
    }
    const settled = new Set(state.settled);
    this.waiting = this.waiting.filter((a) => !settled.has(a.id)).concat(state.asked);
    return true;
  }

  /** Takes a piece of a stream over. */
  hear(piece: Stream): void {
    const key = streamKey(piece.track, piece.ticket);
    let said = this.streams.get(key);
    if (!said || said.attempt !== piece.attempt) {
      said = { attempt: piece.attempt, pieces: [], bytes: 0, done: false };
      this.streams.set(key, said);
    }
    for (let last = said.pieces.at(-1); last && last.to > piece.from; last = said.pieces.at(-1)) {
      said.pieces.pop(); // the call was made again: what was said from there on is void
      said.bytes -= size(last);
    }
    said.pieces.push(piece);
    said.bytes += size(piece);
    said.done = piece.done;
    while (said.bytes > kept && said.pieces.length > 1) {
      const first = said.pieces.shift();
      said.bytes -= first ? size(first) : 0;
    }
  }

  /** What the model of a ticket's newest attempt has said, its thinking as a quotation, as far as it is kept; what was left out is said. */
  said(track: string, ticket: string): string | undefined {
    const said = this.streams.get(streamKey(track, ticket));
    if (!said) {
      return undefined;
    }
    let text = "";
    let to = 0;
    let thinking = false;
    for (const piece of said.pieces) {
      text += piece.from > to ? `\n[${piece.from - to} bytes left out]\n` : "";
      to = piece.to;
      if (piece.reasoning !== undefined && piece.reasoning !== "") {
        text += (thinking ? "" : text === "" ? "> " : "\n\n> ") + piece.reasoning.replaceAll("\n", "\n> ");
        thinking = true;
      }
      if (piece.text !== "") {
        text += thinking ? `\n\n${piece.text}` : piece.text;
        thinking = false;
      }
    }
    return text;
  }

  /** Takes over which tracks have documents. The server knows a track once it was saved in an editor, or run. */
  found(ids: Iterable<string>): void {
    this.documents = [...new Set(ids)];
  }

  /** By id, those included of which there is only a document. */
  get tracks(): KnownTrack[] {
    const others = this.documents.filter((id) => !this.byId.has(id)).map(unknown);
    return [...this.byId.values(), ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  track(id: string): KnownTrack | undefined {
    return this.byId.get(id) ?? (this.documents.includes(id) ? unknown(id) : undefined);
  }

  /** What waits for a person, the oldest first. */
  get asked(): readonly Approval[] {
    return this.waiting;
  }

  forget(): void {
    this.byId.clear();
    this.streams.clear();
    this.waiting = [];
    this.whole = false;
  }
}

/** The status of a track of which there is only a document. */
export const untouched = "new";

function unknown(id: string): KnownTrack {
  return { id, status: untouched, reason: "", tickets: [] };
}

function follow(before: KnownTrack | undefined, change: TrackChange): KnownTrack {
  const tickets = new Map((before?.tickets ?? []).map((t) => [t.id, t]));
  for (const t of change.tickets) {
    tickets.set(t.id, t);
  }
  const order = change.order ?? [...tickets.keys()];
  return {
    id: change.id,
    status: change.status,
    reason: change.reason ?? "",
    tickets: order.flatMap((id) => tickets.get(id) ?? []),
  };
}

function size(piece: Stream): number {
  return piece.text.length + (piece.reasoning?.length ?? 0);
}

function streamKey(track: string, ticket: string): string {
  return `${track}\n${ticket}`;
}
