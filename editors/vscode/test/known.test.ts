import { describe, expect, it } from "vitest";
import { Known, kept } from "../src/known";
import { version, type State, type Stream, type Ticket } from "../src/wire";

function ticket(id: string, more: Partial<Ticket> = {}): Ticket {
  const usage = { input: 0, cached_input: 0, output: 0, reasoning: 0, cost: "unknown" as const };
  return { id, title: id, status: "todo", phase: "", reason: "", waits_for: [], retry_count: 0, attempt: 0, usage, ...more };
}

function state(more: Partial<State>): State {
  return { version, seq: 1, whole: true, since: 0, tracks: [], gone: [], asked: [], settled: [], ...more };
}

function approval(id: string) {
  return { id, kind: "step", track: "a", ticket: "T1", title: "runs ls", since: "" };
}

describe("what is known", () => {
  it("has a new track's tickets in the order in which they came", () => {
    const known = new Known();
    expect(known.apply(state({ tracks: [{ id: "a", status: "idle", tickets: [ticket("T2"), ticket("T1")] }] }))).toBe(true);
    expect(known.track("a")?.tickets.map((t) => t.id)).toEqual(["T2", "T1"]);
  });

  it("replaces what a change names and keeps the rest", () => {
    const known = new Known();
    known.apply(state({ seq: 5, tracks: [{ id: "b", status: "idle", tickets: [ticket("T1"), ticket("T2")] }, { id: "a", status: "idle", tickets: [] }] }));
    const change = { id: "b", status: "running", order: ["T3", "T1"], tickets: [ticket("T3", { status: "completed" })] };
    expect(known.apply(state({ whole: false, since: 5, seq: 9, gone: ["a"], tracks: [change] }))).toBe(true);
    expect(known.tracks.map((t) => t.id)).toEqual(["b"]);
    expect(known.track("b")?.tickets.map((t) => `${t.id} ${t.status}`)).toEqual(["T3 completed", "T1 todo"]);
  });

  it("does not take a change that does not follow", () => {
    const known = new Known();
    expect(known.apply(state({ whole: false, since: 0 }))).toBe(false);
    known.apply(state({ seq: 5 }));
    expect(known.apply(state({ whole: false, since: 4, seq: 9, asked: [approval("A1")] }))).toBe(false);
    expect(known.asked).toEqual([]);
  });

  it("has tracks of which there is only a document, until the server knows them", () => {
    const known = new Known();
    known.found(["b", "a", "b"]);
    expect(known.tracks.map((t) => `${t.id} ${t.status}`)).toEqual(["a new", "b new"]);
    known.apply(state({ tracks: [{ id: "b", status: "idle", tickets: [] }] }));
    expect(known.tracks.map((t) => `${t.id} ${t.status}`)).toEqual(["a new", "b idle"]);
    expect([known.track("a")?.status, known.track("b")?.status, known.track("c")]).toEqual(["new", "idle", undefined]);
  });

  it("lets go of what is settled", () => {
    const known = new Known();
    known.apply(state({ asked: [approval("A1"), approval("A2")] }));
    known.apply(state({ whole: false, since: 1, seq: 2, settled: ["A1"], asked: [approval("A3")] }));
    expect(known.asked.map((a) => a.id)).toEqual(["A2", "A3"]);
  });
});

function piece(from: number, text: string, attempt = 1): Stream {
  return { track: "a", ticket: "T1", attempt, from, to: from + text.length, text, done: false };
}

describe("what is said", () => {
  it("says what was left out", () => {
    const known = new Known();
    expect(known.said("a", "T1")).toBeUndefined();
    [piece(0, "one "), piece(4, "two "), piece(20, "three")].forEach((p) => known.hear(p));
    expect(known.said("a", "T1")).toBe("one two \n[12 bytes left out]\nthree");
  });

  it("forgets what a call that is made again had said, and other attempts", () => {
    const known = new Known();
    [piece(0, "one "), piece(4, "two "), piece(4, "2 ")].forEach((p) => known.hear(p));
    expect(known.said("a", "T1")).toBe("one 2 ");
    known.hear(piece(0, "next", 2));
    expect(known.said("a", "T1")).toBe("next");
  });

  it("tells thinking from saying", () => {
    const known = new Known();
    known.hear({ ...piece(0, ""), reasoning: "It is\na sign" });
    known.hear({ ...piece(0, "I mend"), reasoning: " error." });
    known.hear(piece(6, " it."));
    known.hear({ ...piece(10, "Done."), reasoning: "Well." });
    expect(known.said("a", "T1")).toBe("> It is\n> a sign error.\n\nI mend it.\n\n> Well.\n\nDone.");
  });

  it("keeps the end of what is long", () => {
    const known = new Known();
    for (let i = 0; i < 100; i++) {
      known.hear(piece(i * 1024, "x".repeat(1024)));
    }
    const said = known.said("a", "T1") ?? "";
    expect(said.startsWith("\n[36864 bytes left out]\n")).toBe(true);
    expect(said.length).toBeLessThan(kept + 100);
  });
});
