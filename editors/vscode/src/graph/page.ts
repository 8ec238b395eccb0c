// The page of the graph: draws what it is told with SVG, and is reached by the keyboard. It runs in the webview.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { layout, type Place } from "./layout";
import { moved } from "./move";
import type { Asked, Drawn, DrawnTicket, Shown } from "./panel";

declare function acquireVsCodeApi(): { postMessage(message: Asked | { ready: true }): void; setState(state: Shown): void };

const api = acquireVsCodeApi();
const svgns = "http://www.w3.org/2000/svg";
const width = 200;
const height = 48;
const gapX = 56;
const gapY = 14;

/** A status by its form, so that nobody has to tell colours apart. */
const glyphs: Record<string, string> = { todo: "○", in_progress: "◐", completed: "✓", blocked: "⚠", killed: "✗", asked: "?" };

let places: Place[] = [];
let structure = "";
let focused: string | undefined;
const boxes = new Map<string, SVGElement>();
const edges: { path: SVGElement; from: string }[] = [];

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

function edge(from: Place, to: Place): SVGElement {
  const [x1, y1, x2, y2] = [left(from) + width, top(from) + height / 2, left(to), top(to) + height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return element("path", { d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, class: "edge" });
}

function box(p: Place): SVGElement {
  const g = element("g", { transform: `translate(${left(p)},${top(p)})`, role: "treeitem", tabindex: -1, "data-id": p.id, "aria-level": p.column + 1 });
  g.append(
    element("title", {}),
    element("rect", { width, height, rx: 5 }),
    element("text", { x: 10, y: 19, class: "id" }),
    element("text", { x: 10, y: 37, class: "line" }),
  );
  return g;
}

/** Writes what is new of a ticket into its box. */
function fill(g: SVGElement, ticket: DrawnTicket): void {
  const look = ticket.asked ? "asked" : ticket.status;
  const label = `${ticket.id}: ${ticket.title}. ${ticket.asked ? "waits for you, " : ""}${ticket.line}`;
  if (g.getAttribute("aria-label") === label && g.dataset["look"] === look) {
    return;
  }
  g.dataset["look"] = look;
  g.setAttribute("class", `ticket ${look}`);
  g.setAttribute("aria-label", label);
  g.dataset["vscodeContext"] = JSON.stringify({ webviewSection: "ticket", slopTicket: ticket.key, slopAsked: ticket.asked, slopStatus: ticket.status, preventDefaultContextMenuItems: true });
  const [title, , id, line] = g.children;
  const texts: [Element | undefined, string][] = [
    [title, `${ticket.id}: ${ticket.title}\n${ticket.line}`],
    [id, fit(`${glyphs[look] ?? "○"} ${ticket.id}  ${ticket.title}`, 27)],
    [line, fit(ticket.asked ? `waits for you · ${ticket.line}` : ticket.line, 32)],
  ];
  for (const [e, text] of texts) {
    if (e) {
      e.textContent = text;
    }
  }
}

/** Lays everything out anew: the tickets, or what they depend on, are others. */
function build(drawn: Drawn): void {
  places = layout(drawn.tickets);
  boxes.clear();
  edges.length = 0;
  const placed = new Map(places.map((p) => [p.id, p]));
  const right = Math.max(0, ...places.map((p) => left(p) + width + 8));
  const bottom = Math.max(0, ...places.map((p) => top(p) + height + 8));
  const svg = element("svg", { width: right, height: bottom, viewBox: `0 0 ${right} ${bottom}`, role: "presentation" });
  for (const t of drawn.tickets) {
    const to = placed.get(t.id);
    for (const from of to ? t.dependsOn.flatMap((d) => placed.get(d) ?? []) : []) {
      const path = edge(from, to as Place);
      edges.push({ path, from: from.id });
      svg.append(path);
    }
  }
  for (const p of places) {
    const g = box(p);
    boxes.set(p.id, g);
    svg.append(g);
  }
  document.getElementById("graph")?.replaceChildren(svg);
}

function draw(drawn: Drawn): void {
  const now = JSON.stringify(drawn.tickets.map((t) => [t.id, t.dependsOn]));
  const had = document.activeElement instanceof SVGElement;
  if (now !== structure) {
    structure = now;
    build(drawn);
  }
  const byId = new Map(drawn.tickets.map((t) => [t.id, t]));
  for (const [id, g] of boxes) {
    fill(g, byId.get(id) as DrawnTicket);
  }
  for (const { path, from } of edges) {
    path.setAttribute("class", byId.get(from)?.status === "completed" ? "edge done" : "edge");
  }
  set("title", drawn.title);
  set("line", drawn.line);
  api.setState(drawn.state);
  select(focused !== undefined && boxes.has(focused) ? focused : places[0]?.id, had);
}

function set(id: string, text: string): void {
  const e = document.getElementById(id);
  if (e && e.textContent !== text) {
    e.textContent = text;
  }
}

/** Makes a ticket the one that Tab leads to, and goes there where that is wanted. */
function select(id: string | undefined, go: boolean): void {
  if (id !== focused) {
    boxes.get(focused ?? "")?.setAttribute("tabindex", "-1");
    focused = id;
  }
  const g = boxes.get(id ?? "");
  if (!g) {
    return;
  }
  g.setAttribute("tabindex", "0");
  if (go && document.activeElement !== g) {
    g.focus({ preventScroll: true });
    g.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

const keys: Record<string, string> = {
  Enter: "slop.open",
  " ": "slop.open",
  r: "slop.approval.review",
  t: "slop.ticket.showTranscript",
  d: "slop.ticket.showDiff",
};

window.addEventListener("message", (event: MessageEvent<Drawn>) => draw(event.data));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const command = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const asked = command !== undefined && focused !== undefined;
  const next = asked ? undefined : moved(places, focused, event.key);
  if (asked) {
    api.postMessage({ command, id: focused as string });
  } else if (next !== undefined) {
    select(next, true);
  } else {
    return;
  }
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  const id = (event.target as Element | null)?.closest<SVGElement>(".ticket")?.dataset["id"];
  if (id !== undefined) {
    select(id, true);
  }
});
document.addEventListener("dblclick", (event) => {
  const id = (event.target as Element | null)?.closest<SVGElement>(".ticket")?.dataset["id"];
  if (id !== undefined) {
    api.postMessage({ command: "slop.open", id });
  }
});
api.postMessage({ ready: true });
