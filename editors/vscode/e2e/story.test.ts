// The story of a person and a ticket, from an empty side bar to an edit that is taken back, with the editor ended in between.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { processes } from "./processes.ts";
import { until } from "./until.ts";
import type { Workbench } from "./workbench.ts";

const files = {
  "go.mod": "module example.com/sums\n\ngo 1.22\n",
  "sums.go": "package sums\n\n// Add adds two numbers.\nfunc Add(a, b int) int {\n\treturn a - b\n}\n",
};

/** Thirty lines of forty bytes, each sent by itself; the model stops in the middle until it is told to go on. */
const thoughts = Array.from({ length: 30 }, (_, i) => `Thought ${i + 1}: ${i === 9 ? "[hold]" : "a minus for a plus"}`.padEnd(39) + "\n").join("");
const rules = [
  { turn: 0, reply: { text: thoughts, delay: "20ms", chunk: 40, calls: [{ name: "run_command", arguments: { command: "cat sums.go" } }] } },
  { turn: 1, reply: { text: "It subtracts.", calls: [{ name: "edit_file", arguments: { path: "sums.go", search: "a - b", replace: "a + b" } }] } },
  { turn: 2, reply: { calls: [{ name: "finish", arguments: { status: "done", summary: "Add adds." } }] } },
];
const track = ".slop/tracks/scratch";
const wish = "Make Add add its numbers, whatever it takes.";

let lab: Lab;
before(async () => {
  lab = await Lab.open({ rules });
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("a ticket on a symbol: reviewed, watched, left alone, come back to, delivered and taken back", async () => {
  const repo = lab.repo("sums", files);
  let bench = await lab.workbench(repo);
  await runOnSymbol(bench);
  await edit(bench);
  await watch(bench);
  assert.deepEqual(await bench.warnings(), [], "the settings of the extension itself are not told to the server, which knows none");

  await bench.close();
  await lab.endServer();
  assert.deepEqual(processes(lab.root, "slop-ls", "--stdio"), [], "the editor's end of it has ended");
  await lab.ticket(repo, track, "T1", "in_progress", "thinking");
  lab.goOn();
  await lab.ticket(repo, track, "T1", "in_progress", "awaiting-step");
  assert.match(lab.answered[0]?.prompt ?? "", new RegExp(`^Ticket T1\n\n${wish}$`, "m"), "what was written in review is what was sent");

  await lab.startServer();
  bench = await lab.workbench(repo);
  await bench.open("sums.go");
  await approve(bench);
  await lab.ticket(repo, track, "T1", "completed");
  await bench.line("return a + b").waitFor();
  assert.deepEqual(await bench.warnings(), [], "coming back warns of nothing");
  await until("the file to be saved", async () => (await readFile(join(repo, "sums.go"), "utf8")).includes("a + b"));

  await undo(bench);
  await bench.line("return a - b").waitFor();
  await lab.ticket(repo, track, "T1", "todo");
  const told = await lab.log(repo);
  assert.deepEqual(
    told.filter((e) => e.type === "approval_decided").map((e) => [e.id, e.decision, e.edited === true]),
    [["A1", "approved", true], ["A2", "approved", false]],
  );
  assert.deepEqual(told.filter((e) => e.type === "edit_delivered").map((e) => e.undo === true), [false, true]);
});

/** Starts the server by hand, since there is no track yet, and runs a ticket on the function. */
async function runOnSymbol(bench: Workbench): Promise<void> {
  await bench.open("sums.go");
  await bench.sideBar();
  await bench.welcome("Start").click();
  await bench.page.getByText("There is no track yet.").waitFor();
  await bench.tab("sums.go").click();
  await bench.goTo(4, 7);
  await bench.codeAction("Run ticket on this symbol");
}

/** Writes what is to be done where the Review… document, which has opened by itself, wants it, and approves. */
async function edit(bench: Workbench): Promise<void> {
  await bench.tab("A1.md").waitFor();
  await bench.status(/\(\d+ selected\)/).waitFor();
  await bench.page.keyboard.type(wish);
  await bench.titleAction("Approve as Edited").click();
  await bench.tab("A1.md").waitFor({ state: "detached" });
}

/** Sees what the model has said so far. */
async function watch(bench: Workbench): Promise<void> {
  await bench.sideBar();
  await bench.itemAction("ticket T1", "Watch What the Model Says");
  await bench.line("Thought 2: a minus for a plus").waitFor();
  await bench.line("Thought 10: [hold]").waitFor();
  assert.equal(await bench.line("Thought 11").count(), 0);
}

/** Finds what waits in the side bar, and approves it there. */
async function approve(bench: Workbench): Promise<void> {
  assert.equal(await bench.badge(), "1");
  await bench.sideBar();
  await bench.itemAction("A2", "Approve");
}

/** Looks at what it would take back, and takes it back. */
async function undo(bench: Workbench): Promise<void> {
  await bench.itemMenu("ticket T1", "Preview the Undo…");
  await bench.titleAction("Undo as Shown").click();
}
