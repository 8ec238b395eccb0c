import { describe, expect, it } from "vitest";
import { reviewOf } from "../src/names";
import { approvalLine, approvalName, count, spent, statusText, statusTip, sum, ticketLine, ticketName, trackLine, trackName, unlinked } from "../src/words";
import type { Ticket } from "../src/wire";

const nothing = { input: 0, cached_input: 0, output: 0, reasoning: 0, cost: "unknown" as const };
const plain: Ticket = { id: "T1", title: "one", status: "todo", phase: "", reason: "", waits_for: [], retry_count: 0, attempt: 0, usage: nothing };

describe("words", () => {
  it.each([[0, "0"], [999, "999"], [1234, "1.2k"], [2_500_000, "2.5M"]])("%d tokens are %s", (tokens, want) => {
    expect(count(tokens)).toBe(want);
  });

  it("never calls an unknown price nothing", () => {
    expect(spent(nothing)).toBe("");
    expect(spent({ ...nothing, input: 900, output: 100 })).toBe("1.0k tokens");
    expect(spent({ ...nothing, input: 900, output: 100, cost: 0.5 })).toBe("1.0k tokens, $0.50");
    expect(spent({ ...nothing, input: 9, output: 1, cost: 0.0012 })).toBe("10 tokens, <$0.01");
    expect(spent({ ...nothing, input: 9, output: 1, cost: 0 })).toBe("10 tokens, $0.00");
  });

  it.each<[Partial<Ticket>, string]>([
    [{}, "todo"],
    [{ waits_for: ["T2", "T3"] }, "todo · waits for T2, T3"],
    [{ status: "in_progress", phase: "thinking", attempt: 2 }, "thinking · attempt 2"],
    [{ status: "blocked", reason: "verify:\n exit 1" }, "blocked · verify: exit 1"],
    [{ status: "completed", stale: true, orphaned: true }, "completed · stale · not in the track any more"],
  ])("a ticket %j is %s", (more, want) => {
    expect(ticketLine({ ...plain, ...more })).toBe(want);
  });

  it("says how far a track is", () => {
    const tickets = [plain, { ...plain, id: "T2", status: "completed" }];
    expect(trackLine({ id: "a", status: "blocked", reason: "T1\nfailed", tickets })).toBe("1 of 2, blocked: T1 failed");
    expect(trackName(".slop/tracks/first")).toBe("first");
  });

  it("names tickets and approvals by whose they are", () => {
    expect(ticketName({ ...plain, title: "Mend it" })).toBe("T1: Mend it");
    expect(ticketName({ ...plain, title: "" })).toBe("T1");
    const asked = { id: "A1", kind: "step", track: "a", ticket: "T1", title: "T1 edit_file {}", since: "" };
    expect(approvalName(asked)).toBe("T1: a tool");
    expect(approvalName({ ...asked, kind: "another" })).toBe("T1: another");
  });

  it("says beside an approval's name only what that does not say", () => {
    const asked = { id: "A1", track: "a", ticket: "T1", since: "" };
    const spawn = { ...asked, kind: "spawn", title: "Start T1 with small (3 tokens of context): Parse amounts" };
    expect(approvalLine(spawn, { ...plain, id: "T1", title: "Parse amounts" })).toBe("Parse amounts");
    expect(approvalLine(spawn, undefined)).toBe(spawn.title);
    expect(approvalLine({ ...asked, kind: "command", title: "T1 runs: go test" }, plain)).toBe("go test");
    expect(approvalLine({ ...asked, kind: "step", title: "T1 reads: .env" }, plain)).toBe("reads: .env");
  });

  it("makes no link of what others have written", () => {
    expect(unlinked("T1 runs: echo [Approve](command:slop.x) [a] (b)")).toBe("T1 runs: echo [Approve] (command:slop.x) [a] (b)");
  });

  it("says of a track that was never run that it was not", () => {
    expect(trackLine({ id: "a", status: "new", reason: "", tickets: [] })).toBe("not run yet");
  });

  it("tells on the status bar what a click does, and what it has cost at least", () => {
    expect(statusTip({ running: 0, cost: 0, more: true }, 0)).toBe("Nothing waits for you.");
    expect(statusTip({ running: 0, cost: 0.5, more: true }, 1)).toBe("One approval waits for you: click to review it.\nThe price of some calls is not known: it has cost at least $0.50.");
  });

  it("says that a cost is at least that much", () => {
    const waits = { ...plain, status: "in_progress", phase: "awaiting-step" };
    const tickets = [{ ...plain, status: "in_progress", phase: "thinking", usage: { ...nothing, cost: 0.25 } }, waits, plain];
    const total = sum([{ id: "a", status: "running", reason: "", tickets }]);
    expect(statusText(total, 2)).toBe("slop: 1 running, 2 waiting for you, $0.25+");
    expect(statusText({ running: 0, cost: 0, more: false }, 0)).toBe("slop");
  });

  it.each([
    ["/state/review/A12.md", "<!-- slop:review A12 abc -->", "A12"],
    ["/state/review/A12.md", "<!-- slop:review A1 abc -->", undefined],
    ["/notes/A12.md", "# notes", undefined],
    ["/state/review/B1.md", "<!-- slop:review B1 abc -->", undefined],
  ])("%s is about %s", (path, first, want) => {
    expect(reviewOf(path, first)).toBe(want);
  });
});
