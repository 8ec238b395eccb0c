import { describe, expect, it } from "vitest";
import { moved } from "../src/graph/move";

const places = [
  { id: "a", column: 0, row: 0 },
  { id: "b", column: 0, row: 1 },
  { id: "c", column: 0, row: 4 },
  { id: "x", column: 1, row: 0 },
  { id: "y", column: 1, row: 3 },
];

describe("the arrow keys", () => {
  it.each([
    ["a", "ArrowDown", "b"],
    ["b", "ArrowUp", "a"],
    ["a", "ArrowUp", undefined],
    ["b", "ArrowDown", undefined],
    ["a", "ArrowRight", "x"],
    ["c", "ArrowRight", "y"],
    ["y", "ArrowLeft", "c"],
    ["x", "ArrowRight", undefined],
    ["b", "End", "y"],
    ["y", "Home", "a"],
    [undefined, "ArrowDown", "a"],
    ["gone", "ArrowLeft", "a"],
    ["a", "x", undefined],
    [undefined, "Tab", undefined],
  ])("from %s by %s to %s", (from, key, to) => expect(moved(places, from, key)).toBe(to));
});
