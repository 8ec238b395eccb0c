// The page of the graph: draws what it is told with SVG, and is reached by the keyboard. It runs in the webview.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { layout, type Place } from "./layout";
import type { Asked, Drawn } from "./panel";

declare function acquireVsCodeApi(): { postMessage(message: Asked | { ready: true }): void };

const api = acquireVsCodeApi();
const svgns = "http://www.w3.org/2000/svg";
const width = 190;
const height = 46;
const gapX = 56;
const gapY = 14;

let focused: string | undefined;

function left(p: Place): number {
  return p.column * (width + gapX) + 8;
}

function top(p: Place): number {
  return p.row * (height + gapY) + 8;
}

function element(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const e = document.createElementNS(svgns, name);
  for (const [key, value] of Object.entries(attributes)) {
    e.setAttribute(key, String(value));
  }
  if (text !== undefined) {
    e.textContent = text;
  }
  return e;
}

/** Cuts a text to what fits a box; the whole is in its title. */
function fit(text: string, runes: number): string {
  const all = Array.from(text);
  return all.length <= runes ? text : `${all.slice(0, runes - 1).join("")}…`;
}

function edge(from: Place, to: Place, done: boolean): SVGElement {
  const [x1, y1, x2, y2] = [left(from) + width, top(from) + height / 2, left(to), top(to) + height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return element("path", { d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, class: done ? "edge done" : "edge" });
}

function box(p: Place, ticket: Drawn["tickets"][number]): SVGElement {
  const g = element("g", {
    transform: `translate(${left(p)},${top(p)})`,
    class: `ticket ${ticket.status}`,
    tabindex: ticket.id === focused ? 0 : -1,
    role: "treeitem",
    "data-id": ticket.id,
    "aria-label": `${ticket.id}: ${ticket.title}. ${ticket.line}`,
  });
  g.append(
    element("title", {}, `${ticket.id}: ${ticket.title}\n${ticket.line}`),
    element("rect", { width, height, rx: 5 }),
    element("text", { x: 10, y: 18, class: "id" }, fit(`${ticket.id}  ${ticket.title}`, 26)),
    element("text", { x: 10, y: 35, class: "line" }, fit(ticket.line, 30)),
  );
  return g;
}

function draw(drawn: Drawn): void {
  const places = layout(drawn.tickets);
  const placed = new Map(places.map((p) => [p.id, p]));
  const byId = new Map(drawn.tickets.map((t) => [t.id, t]));
  focused = focused !== undefined && placed.has(focused) ? focused : places[0]?.id;
  const right = Math.max(0, ...places.map((p) => left(p) + width + 8));
  const bottom = Math.max(0, ...places.map((p) => top(p) + height + 8));
  const svg = element("svg", { width: right, height: bottom, viewBox: `0 0 ${right} ${bottom}`, role: "presentation" });
  for (const t of drawn.tickets) {
    const to = placed.get(t.id);
    for (const from of to ? t.dependsOn.flatMap((d) => placed.get(d) ?? []) : []) {
      svg.append(edge(from, to as Place, byId.get(from.id)?.status === "completed"));
    }
  }
  for (const p of places) {
    svg.append(box(p, byId.get(p.id) as Drawn["tickets"][number]));
  }
  const had = document.activeElement instanceof SVGElement;
  document.getElementById("graph")?.replaceChildren(svg);
  set("title", drawn.title);
  set("line", drawn.line);
  if (had) {
    focus(focused, places);
  }
}

function set(id: string, text: string): void {
  const e = document.getElementById(id);
  if (e && e.textContent !== text) {
    e.textContent = text;
  }
}

let last: Place[] = [];

function focus(id: string | undefined, places: Place[]): void {
  focused = id ?? places[0]?.id;
  for (const g of document.querySelectorAll<SVGElement>(".ticket")) {
    const here = g.dataset["id"] === focused;
    g.setAttribute("tabindex", here ? "0" : "-1");
    if (here) {
      g.focus();
      g.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
}

/** The nearest ticket in a direction: up and down within a column, left and right to the next one. */
function neighbour(key: string): string | undefined {
  const at = last.find((p) => p.id === focused);
  if (!at) {
    return last[0]?.id;
  }
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (!step) {
    return undefined;
  }
  const [dx = 0, dy = 0] = step;
  const column = last.filter((p) => p.column === at.column + dx);
  const wanted = at.row + dy;
  return column
    .filter((p) => dx !== 0 || p.row === wanted)
    .sort((a, b) => Math.abs(a.row - wanted) - Math.abs(b.row - wanted))[0]?.id;
}

window.addEventListener("message", (event: MessageEvent<Drawn>) => {
  last = layout(event.data.tickets);
  draw(event.data);
});
document.addEventListener("keydown", (event) => {
  if ((event.key === "Enter" || event.key === " ") && focused !== undefined) {
    api.postMessage({ open: focused });
    event.preventDefault();
    return;
  }
  const next = neighbour(event.key);
  if (next !== undefined) {
    focus(next, last);
    event.preventDefault();
  }
});
document.addEventListener("click", (event) => {
  const id = (event.target as Element | null)?.closest<SVGElement>(".ticket")?.dataset["id"];
  if (id !== undefined) {
    focus(id, last);
    api.postMessage({ open: id });
  }
});
api.postMessage({ ready: true });
