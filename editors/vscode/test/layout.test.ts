import { describe, expect, it } from "vitest";
import { layout } from "../src/graph/layout";

function node(id: string, ...dependsOn: string[]) {
  return { id, dependsOn };
}

describe("the graph", () => {
  it("stands each ticket behind all that it depends on", () => {
    const places = layout([node("d", "b", "c"), node("a"), node("b", "a"), node("c", "b")]);
    expect(Object.fromEntries(places.map((p) => [p.id, p.column]))).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  });

  it("keeps rows near what they come from, and apart", () => {
    const places = layout([node("a"), node("b"), node("x", "b"), node("y", "a")]);
    expect(Object.fromEntries(places.map((p) => [p.id, p.row]))).toEqual({ a: 0, b: 1, y: 0, x: 1 });
  });

  it("breaks circles and passes over what is not there", () => {
    const places = layout([node("a", "b"), node("b", "a"), node("c", "c", "gone")]);
    expect(places.map((p) => p.id).sort()).toEqual(["a", "b", "c"]);
  });

  it("places 2,000 tickets in a chain, and 2,000 side by side, once each", () => {
    const chain = layout(Array.from({ length: 2000 }, (_, i) => (i === 0 ? node("0") : node(String(i), String(i - 1)))));
    expect(chain.at(-1)).toEqual({ id: "1999", column: 1999, row: 0 });
    const wide = layout(Array.from({ length: 2000 }, (_, i) => node(String(i))));
    expect(new Set(wide.map((p) => p.row)).size).toBe(2000);
  });
});
