// The graph of a long track, gone through by the keyboard alone.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { Lab } from "./lab.ts";
import { until } from "./until.ts";
import type { Workbench } from "./workbench.ts";

const long = 200;
const wide = 10;

let lab: Lab;
before(async () => {
  lab = await Lab.open({ config: "[mma]\nauto_queue = false\n" }); // what runs is drawn, and nothing asks meanwhile
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("arrow keys go through a graph of 200 tickets, and Enter opens the one that they led to", async () => {
  const repo = lab.repo("long", { ".slop/tracks/long.track.yaml": track() });
  const bench = await lab.workbench(repo);
  await bench.sideBar();
  await bench.itemAction("track long", "Run Track");
  await bench.command("Slop: Show the Graph");
  const tickets = graph(bench);
  await until("all tickets to be drawn", async () => (await tickets.count()) === long);
  await bench.page.keyboard.press("Tab");
  await focused(tickets, "T1");
  for (const [key, id] of [["ArrowDown", "T2"], ["ArrowRight", "T12"], ["ArrowRight", "T22"], ["ArrowUp", "T21"], ["ArrowLeft", "T11"], ["End", `T${long}`]] as const) {
    await bench.page.keyboard.press(key);
    await focused(tickets, id);
  }
  assert.ok(await inView(tickets), "what has the focus is scrolled to");

  await bench.page.keyboard.press("Enter");
  await bench.tab("long.track.yaml").waitFor();
  await bench.line(`id: T${long}`).waitFor();
  await bench.close();
});

/** Ten tickets side by side, each of which ten others in a row build upon one after the other. */
function track(): string {
  const one = (n: number): string =>
    `  - id: T${n}\n    description: Look at it\n    target_file: main.go\n${n > wide ? `    depends_on: [T${n - wide}]\n` : ""}`;
  return `title: Long\ntickets:\n${Array.from({ length: long }, (_, i) => one(i + 1)).join("")}`;
}

function graph(bench: Workbench): Locator {
  return bench.page.frameLocator("iframe.webview.ready").frameLocator("iframe").locator(".ticket");
}

function focused(tickets: Locator, id: string): Promise<boolean> {
  return until(`${id} to have the focus`, () => tickets.evaluateAll((all, id) => all.some((t) => t === document.activeElement && t.getAttribute("data-id") === id), id));
}

function inView(tickets: Locator): Promise<boolean> {
  return tickets.last().evaluate((t) => {
    const { left, right, top, bottom } = t.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
  });
}
