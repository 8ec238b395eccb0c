--- What slop-ls says beyond standard LSP (docs/protocol.md). Generated from lsp/wire: do not edit.

local M = {}

M.version = 4

M.commands = {
  track_new = "slop.track.new",
  track_run = "slop.track.run",
  track_pause = "slop.track.pause",
  track_resume = "slop.track.resume",
  track_stop = "slop.track.stop",
  track_plan = "slop.track.plan",
  ticket_run = "slop.ticket.run",
  ticket_retry = "slop.ticket.retry",
  ticket_kill = "slop.ticket.kill",
  ticket_block = "slop.ticket.block",
  ticket_unblock = "slop.ticket.unblock",
  ticket_skip = "slop.ticket.skip",
  ticket_undo = "slop.ticket.undo",
  ticket_run_on_symbol = "slop.ticket.runOnSymbol",
  ticket_new = "slop.ticket.new",
  approval_list = "slop.approval.list",
  approval_answer = "slop.approval.answer",
  approval_open = "slop.approval.open",
  approval_rules = "slop.approval.rules",
  approval_forget = "slop.approval.forget",
  transcript_open = "slop.transcript.open",
  diff_open = "slop.diff.open",
  diff_files = "slop.diff.files",
  view_open = "slop.view.open",
  status = "slop.status",
}

M.methods = {
  state = "slop/state",
  stream = "slop/stream",
  events = "slop/events",
  save = "slop/save",
  events_subscribe = "slop/events/subscribe",
  diagnostics = "slop/diagnostics",
}

--- TrackArgs names a track by its document.
---@class slop.TrackArgs
---@field uri string

--- NewTrackArgs is what a new track is for.
---@class slop.NewTrackArgs
---@field goal string

--- PlanArgs names a track whose plan is opened, or, where it has no tickets or Generate says so, is written by a model.
---@class slop.PlanArgs
---@field uri string
---@field generate? boolean default: where the document has no tickets
---@field instruction? string what the person adds, for the model

--- TicketArgs names a ticket of a track's document. Reason is for kill, block, skip and undo; for run, retry and unblock it is an instruction that goes into the next prompt.
---@class slop.TicketArgs
---@field uri string
---@field id string
---@field reason? string

--- TranscriptArgs names a ticket whose transcript is opened.
---@class slop.TranscriptArgs
---@field uri string
---@field id string

--- DiffArgs names a ticket whose diff is opened; without ID the whole track. Undo asks for what an undo of the ticket would change now.
---@class slop.DiffArgs
---@field uri string
---@field id? string
---@field undo? boolean

--- DiffFilesArgs asks for the files of a diff: the one that DiffArgs would open, or, with Approval alone, of what that approval would change.
---@class slop.DiffFilesArgs
---@field uri? string
---@field id? string
---@field undo? boolean
---@field approval? string

--- DiffFile is a file of a diff, for an editor's own diff view. Before and After are documents whose text is had by workspace/textDocumentContent; After is the workspace's own file where that is what is shown.
---@class slop.DiffFile
---@field path string in the workspace, after the change
---@field from? string before it, where it was another
---@field op string create, modify, delete or rename
---@field before string
---@field after string

--- ViewArgs names a source file and how it is to be seen.
---@class slop.ViewArgs
---@field uri string
---@field kind string skeleton, curated or targeted
---@field symbols? string[] of a targeted view

--- StatusArgs says whether the status board is opened as well: of the track that URI names, else of all.
---@class slop.StatusArgs
---@field uri? string
---@field open? boolean

--- Position is a place in a document, in the position encoding of the session.
---@class slop.Position
---@field line integer
---@field character integer

--- Range is a stretch of a document, its end excluded.
---@class slop.Range
---@field start slop.Position
---@field end slop.Position

--- RunOnSymbolArgs names the symbol at a position of an open source file.
---@class slop.RunOnSymbolArgs
---@field uri string
---@field position slop.Position
---@field instruction? string without it: a TODO or FIXME at the symbol, else a person writes it

--- NewTicketArgs asks for a ticket about a stretch of an open source file. It is not run.
---@class slop.NewTicketArgs
---@field uri string
---@field range slop.Range
---@field instruction? string

--- TicketRef names a ticket by its track's document.
---@class slop.TicketRef
---@field uri string
---@field id string

--- ApprovalArgs names an approval.
---@class slop.ApprovalArgs
---@field id string

--- ListArgs asks for the approvals that wait.
---@class slop.ListArgs
---@field open? boolean show the inbox too

--- AnswerArgs answers an approval, or, with IDs in place of ID, several alike in one go. Prompt and Context, where given, replace what was asked. With URI, the Review… document of the approval, they, the reason and how far it is to hold are read from that open document instead.
---@class slop.AnswerArgs
---@field id? string
---@field ids? string[]
---@field decision string Approve or Reject
---@field remember? string ForTicket, ForTrack or ForWorkspace: the approval holds for good
---@field reason? string
---@field prompt? string
---@field context? string
---@field uri? string

--- State is the payload of slop/state. The first one is whole; each other one adds to the one that was sent before it.
---@class slop.State
---@field version integer of this package
---@field seq integer of the last event in it
---@field whole boolean it replaces all that was known
---@field since integer the Seq of the state that it adds to; 0 where it is whole
---@field tracks slop.TrackChange[] the new ones, and those in which something changed
---@field gone string[] ids of tracks that are no more
---@field asked slop.Approval[] approvals that wait for an answer since then, the oldest first
---@field settled string[] ids of approvals that no longer wait

--- TrackChange is a track of a State. Its Tickets are those that are new or have changed.
---@class slop.TrackChange : slop.Track
---@field order? string[] Order holds the ids of all its tickets, in file order, where these are not those that were known; a ticket that it does not name is no more.

--- Status is the answer to slop.status and the payload of slop/state.
---@class slop.Status
---@field seq integer of the last event in it
---@field tracks slop.Track[]

--- Track is a track as `track show --json` prints it.
---@class slop.Track
---@field id string
---@field status string idle, running, paused, done, blocked, stopped
---@field reason? string
---@field tickets slop.Ticket[]

--- Ticket is a ticket as `track show --json` prints it.
---@class slop.Ticket
---@field id string
---@field status string todo, in_progress, completed, blocked, killed
---@field phase string empty unless in_progress
---@field reason string why it is blocked or killed
---@field waits_for string[] ids of the tickets that hold it up; track#id where they are of another track and have files that it needs
---@field retry_count integer
---@field attempt integer
---@field stale? boolean its text, or what it depends on, changed since it ran
---@field orphaned? boolean it is not in its document any more; its state is kept
---@field usage slop.Usage
---@field title string the first line of its description, safe to show
---@field depends_on? string[]

--- Usage is the tokens of a ticket's model calls, and what they cost.
---@class slop.Usage
---@field input integer
---@field cached_input integer
---@field output integer
---@field reasoning integer
---@field cost number|"unknown"

--- Approval is one element of the answer to slop.approval.list.
---@class slop.Approval
---@field id string
---@field kind string spawn, step, edit, command, question
---@field track string
---@field ticket string
---@field title string one line, safe to show
---@field since string RFC 3339

--- Remembered is one element of the answer to slop.approval.rules: an answer that holds for good.
---@class slop.Remembered
---@field id string of the approval that was answered so
---@field scope string ticket, track or workspace
---@field track string that asked
---@field ticket string
---@field covers string the tool, and exactly what it may do; one line, safe to show
---@field by string
---@field since string RFC 3339

--- Stream is the payload of slop/stream: a piece of the text that an attempt's model streams. Pieces of one attempt come in order. Where From is not the To before it, text was left out between (too much came at a time); where it is smaller, what was sent from there on is void, because the call was made again.
---@class slop.Stream
---@field track string
---@field ticket string
---@field attempt integer
---@field from integer bytes of what was streamed before this piece
---@field to integer and with it
---@field text string the piece, with nothing hidden in it, so not always To-From bytes
---@field done boolean no more will come
---@field reasoning? string what the model said of its thinking since the piece before, void with the text and not counted by From and To

--- EventsArgs subscribes to slop/events, in place of the subscription before.
---@class slop.EventsArgs
---@field after integer the seq of the last event that is known; 0: all there ever were

--- Capabilities is what a client may say in capabilities.experimental.slop.
---@class slop.Capabilities
---@field state boolean it wants slop/state
---@field stream boolean it wants slop/stream
---@field events boolean|integer it takes slop/events
---@field prompts boolean typing cannot answer its message prompts: approvals may be asked unasked
---@field batch boolean it takes prompts that answer several approvals alike in one go
---@field save boolean it takes slop/save

--- DiagnosticsArgs is all that the other language servers say of one file, in place of what was said before.
---@class slop.DiagnosticsArgs
---@field uri string
---@field version? integer of the document that it is about
---@field diagnostics slop.Diagnostic[]

--- Diagnostic is LSP's. Members of it that are not here may be there, and are ignored.
---@class slop.Diagnostic
---@field range slop.Range
---@field severity? integer
---@field source? string
---@field message string

--- SaveArgs names open files that are to be saved as they are.
---@class slop.SaveArgs
---@field uris string[]

--- ServerCapabilities is what the server says in capabilities.experimental.slop of its initialize result.
---@class slop.ServerCapabilities
---@field version integer of this package
---@field methods string[]
---@field root string URI of the workspace's folder: ids of tracks and paths of files begin there
---@field reviews string URI of the folder in which this workspace's Review… documents are

return M
