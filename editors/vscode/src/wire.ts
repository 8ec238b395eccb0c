// What slop-ls says beyond standard LSP (docs/protocol.md). Generated from lsp/wire: do not edit.

export const version = 4;

export const commands = {
  trackNew: "slop.track.new",
  trackRun: "slop.track.run",
  trackPause: "slop.track.pause",
  trackResume: "slop.track.resume",
  trackStop: "slop.track.stop",
  trackPlan: "slop.track.plan",
  ticketRun: "slop.ticket.run",
  ticketRetry: "slop.ticket.retry",
  ticketKill: "slop.ticket.kill",
  ticketBlock: "slop.ticket.block",
  ticketUnblock: "slop.ticket.unblock",
  ticketSkip: "slop.ticket.skip",
  ticketUndo: "slop.ticket.undo",
  ticketRunOnSymbol: "slop.ticket.runOnSymbol",
  ticketNew: "slop.ticket.new",
  approvalList: "slop.approval.list",
  approvalAnswer: "slop.approval.answer",
  approvalOpen: "slop.approval.open",
  approvalRules: "slop.approval.rules",
  approvalForget: "slop.approval.forget",
  transcriptOpen: "slop.transcript.open",
  diffOpen: "slop.diff.open",
  diffFiles: "slop.diff.files",
  viewOpen: "slop.view.open",
  status: "slop.status",
} as const;

export const methods = {
  state: "slop/state",
  stream: "slop/stream",
  events: "slop/events",
  save: "slop/save",
  eventsSubscribe: "slop/events/subscribe",
  diagnostics: "slop/diagnostics",
} as const;

/** TrackArgs names a track by its document. */
export interface TrackArgs {
  uri: string;
}

/** NewTrackArgs is what a new track is for. */
export interface NewTrackArgs {
  goal: string;
}

/** PlanArgs names a track whose plan is opened, or, where it has no tickets or Generate says so, is written by a model. */
export interface PlanArgs {
  uri: string;
  /** default: where the document has no tickets */
  generate?: boolean;
  /** what the person adds, for the model */
  instruction?: string;
}

/** TicketArgs names a ticket of a track's document. Reason is for kill, block, skip and undo; for run, retry and unblock it is an instruction that goes into the next prompt. */
export interface TicketArgs {
  uri: string;
  id: string;
  reason?: string;
}

/** TranscriptArgs names a ticket whose transcript is opened. */
export interface TranscriptArgs {
  uri: string;
  id: string;
}

/** DiffArgs names a ticket whose diff is opened; without ID the whole track. Undo asks for what an undo of the ticket would change now. */
export interface DiffArgs {
  uri: string;
  id?: string;
  undo?: boolean;
}

/** DiffFilesArgs asks for the files of a diff: the one that DiffArgs would open, or, with Approval alone, of what that approval would change. */
export interface DiffFilesArgs {
  uri?: string;
  id?: string;
  undo?: boolean;
  approval?: string;
}

/** DiffFile is a file of a diff, for an editor's own diff view. Before and After are documents whose text is had by workspace/textDocumentContent; After is the workspace's own file where that is what is shown. */
export interface DiffFile {
  /** in the workspace, after the change */
  path: string;
  /** before it, where it was another */
  from?: string;
  /** create, modify, delete or rename */
  op: string;
  before: string;
  after: string;
}

/** ViewArgs names a source file and how it is to be seen. */
export interface ViewArgs {
  uri: string;
  /** skeleton, curated or targeted */
  kind: string;
  /** of a targeted view */
  symbols?: string[];
}

/** StatusArgs says whether the status board is opened as well: of the track that URI names, else of all. */
export interface StatusArgs {
  uri?: string;
  open?: boolean;
}

/** Position is a place in a document, in the position encoding of the session. */
export interface Position {
  line: number;
  character: number;
}

/** Range is a stretch of a document, its end excluded. */
export interface Range {
  start: Position;
  end: Position;
}

/** RunOnSymbolArgs names the symbol at a position of an open source file. */
export interface RunOnSymbolArgs {
  uri: string;
  position: Position;
  /** without it: a TODO or FIXME at the symbol, else a person writes it */
  instruction?: string;
}

/** NewTicketArgs asks for a ticket about a stretch of an open source file. It is not run. */
export interface NewTicketArgs {
  uri: string;
  range: Range;
  instruction?: string;
}

/** TicketRef names a ticket by its track's document. */
export interface TicketRef {
  uri: string;
  id: string;
}

/** ApprovalArgs names an approval. */
export interface ApprovalArgs {
  id: string;
}

/** ListArgs asks for the approvals that wait. */
export interface ListArgs {
  /** show the inbox too */
  open?: boolean;
}

/** AnswerArgs answers an approval, or, with IDs in place of ID, several alike in one go. Prompt and Context, where given, replace what was asked. With URI, the Review… document of the approval, they, the reason and how far it is to hold are read from that open document instead. */
export interface AnswerArgs {
  id?: string;
  ids?: string[];
  /** Approve or Reject */
  decision: string;
  /** ForTicket, ForTrack or ForWorkspace: the approval holds for good */
  remember?: string;
  reason?: string;
  prompt?: string;
  context?: string;
  uri?: string;
}

/** State is the payload of slop/state. The first one is whole; each other one adds to the one that was sent before it. */
export interface State {
  /** of this package */
  version: number;
  /** of the last event in it */
  seq: number;
  /** it replaces all that was known */
  whole: boolean;
  /** the Seq of the state that it adds to; 0 where it is whole */
  since: number;
  /** the new ones, and those in which something changed */
  tracks: TrackChange[];
  /** ids of tracks that are no more */
  gone: string[];
  /** approvals that wait for an answer since then, the oldest first */
  asked: Approval[];
  /** ids of approvals that no longer wait */
  settled: string[];
}

/** TrackChange is a track of a State. Its Tickets are those that are new or have changed. */
export interface TrackChange extends Track {
  /** Order holds the ids of all its tickets, in file order, where these are not those that were known; a ticket that it does not name is no more. */
  order?: string[];
}

/** Status is the answer to slop.status and the payload of slop/state. */
export interface Status {
  /** of the last event in it */
  seq: number;
  tracks: Track[];
}

/** Track is a track as `track show --json` prints it. */
export interface Track {
  id: string;
  /** idle, running, paused, done, blocked, stopped */
  status: string;
  reason?: string;
  tickets: Ticket[];
}

/** Ticket is a ticket as `track show --json` prints it. */
export interface Ticket {
  id: string;
  /** todo, in_progress, completed, blocked, killed */
  status: string;
  /** empty unless in_progress */
  phase: string;
  /** why it is blocked or killed */
  reason: string;
  /** ids of the tickets that hold it up; track#id where they are of another track and have files that it needs */
  waits_for: string[];
  retry_count: number;
  attempt: number;
  /** its text, or what it depends on, changed since it ran */
  stale?: boolean;
  /** it is not in its document any more; its state is kept */
  orphaned?: boolean;
  usage: Usage;
  /** the first line of its description, safe to show */
  title: string;
  depends_on?: string[];
}

/** Usage is the tokens of a ticket's model calls, and what they cost. */
export interface Usage {
  input: number;
  cached_input: number;
  output: number;
  reasoning: number;
  cost: number | "unknown";
}

/** Approval is one element of the answer to slop.approval.list. */
export interface Approval {
  id: string;
  /** spawn, step, edit, command, question */
  kind: string;
  track: string;
  ticket: string;
  /** one line, safe to show */
  title: string;
  /** RFC 3339 */
  since: string;
}

/** Remembered is one element of the answer to slop.approval.rules: an answer that holds for good. */
export interface Remembered {
  /** of the approval that was answered so */
  id: string;
  /** ticket, track or workspace */
  scope: string;
  /** that asked */
  track: string;
  ticket: string;
  /** the tool, and exactly what it may do; one line, safe to show */
  covers: string;
  by: string;
  /** RFC 3339 */
  since: string;
}

/** Stream is the payload of slop/stream: a piece of the text that an attempt's model streams. Pieces of one attempt come in order. Where From is not the To before it, text was left out between (too much came at a time); where it is smaller, what was sent from there on is void, because the call was made again. */
export interface Stream {
  track: string;
  ticket: string;
  attempt: number;
  /** bytes of what was streamed before this piece */
  from: number;
  /** and with it */
  to: number;
  /** the piece, with nothing hidden in it, so not always To-From bytes */
  text: string;
  /** no more will come */
  done: boolean;
  /** what the model said of its thinking since the piece before, void with the text and not counted by From and To */
  reasoning?: string;
}

/** EventsArgs subscribes to slop/events, in place of the subscription before. */
export interface EventsArgs {
  /** the seq of the last event that is known; 0: all there ever were */
  after: number;
}

/** Capabilities is what a client may say in capabilities.experimental.slop. */
export interface Capabilities {
  /** it wants slop/state */
  state: boolean;
  /** it wants slop/stream */
  stream: boolean;
  /** it takes slop/events */
  events: boolean | number;
  /** typing cannot answer its message prompts: approvals may be asked unasked */
  prompts: boolean;
  /** it takes prompts that answer several approvals alike in one go */
  batch: boolean;
  /** it takes slop/save */
  save: boolean;
}

/** DiagnosticsArgs is all that the other language servers say of one file, in place of what was said before. */
export interface DiagnosticsArgs {
  uri: string;
  /** of the document that it is about */
  version?: number;
  diagnostics: Diagnostic[];
}

/** Diagnostic is LSP's. Members of it that are not here may be there, and are ignored. */
export interface Diagnostic {
  range: Range;
  severity?: number;
  source?: string;
  message: string;
}

/** SaveArgs names open files that are to be saved as they are. */
export interface SaveArgs {
  uris: string[];
}

/** ServerCapabilities is what the server says in capabilities.experimental.slop of its initialize result. */
export interface ServerCapabilities {
  /** of this package */
  version: number;
  methods: string[];
  /** URI of the workspace's folder: ids of tracks and paths of files begin there */
  root: string;
  /** URI of the folder in which this workspace's Review… documents are */
  reviews: string;
}
