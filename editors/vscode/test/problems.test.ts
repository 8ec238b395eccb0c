import { describe, expect, it } from "vitest";
import { maxFiles, maxMessage, maxProblems, Problems } from "../src/problems";
import type { Diagnostic } from "../src/wire";

const start = { line: 0, character: 0 };

function problem(message: string): Diagnostic {
  return { range: { start, end: start }, severity: 1, source: "go", message };
}

describe("what other language servers say", () => {
  it("is said once, and once more when it has changed or is gone", () => {
    const problems = new Problems();
    const now: Record<string, Diagnostic[]> = { "file:///a": [problem("one")], "file:///b": [] };
    const tell = (...uris: string[]) => {
      problems.note(uris);
      return problems.next((uri) => now[uri] ?? []).map((d) => `${d.uri} ${d.diagnostics.map((p) => p.message).join()}`);
    };
    expect(tell("file:///a", "file:///b", "file:///a")).toEqual(["file:///a one"]);
    expect(tell("file:///a")).toEqual([]);
    now["file:///a"] = [];
    expect(tell("file:///a")).toEqual(["file:///a "]);
    expect(tell("file:///a")).toEqual([]);
  });

  it("is said again to another server", () => {
    const problems = new Problems();
    problems.note(["file:///a"]);
    expect(problems.next(() => [problem("one")])).toHaveLength(1);
    problems.again();
    expect(problems.more).toBe(true);
    expect(problems.next(() => [problem("one")])).toHaveLength(1);
  });

  it("has bounds", () => {
    const problems = new Problems();
    problems.note(Array.from({ length: maxFiles + 1 }, (_, i) => `file:///${i}`));
    const first = problems.next(() => Array.from({ length: maxProblems + 1 }, () => problem("x".repeat(maxMessage + 1))));
    expect(first).toHaveLength(maxFiles);
    expect(first[0]?.diagnostics).toHaveLength(maxProblems);
    expect(first[0]?.diagnostics[0]?.message).toHaveLength(maxMessage + 1);
    expect(problems.more).toBe(true);
    expect(problems.next(() => [])).toEqual([]);
    expect(problems.more).toBe(false);
  });
});
