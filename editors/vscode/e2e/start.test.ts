// The extension in the workbench: what happens before anybody asks, and that the server comes when it is asked for.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { activation } from "./inside.ts";
import { Lab } from "./lab.ts";
import { processes } from "./processes.ts";
import { until } from "./until.ts";

let lab: Lab;
before(async () => {
  lab = await Lab.open();
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("a workspace without tracks starts nothing until it is asked to", async () => {
  const repo = lab.repo("plain", { "main.go": "package main\n\nfunc main() {}\n" });
  const bench = await lab.workbench(repo);
  await bench.sideBar();
  await bench.page.getByText("It is not started in this window.").waitFor();
  assert.deepEqual(processes(lab.root, "slop-ls", "--stdio"), []);
  await bench.welcome("Start").click();
  await bench.page.getByText("There is no track yet.").waitFor();
  assert.equal(processes(lab.root, "slop-ls", "--stdio").length, 1);
  await until("the daemon", () => processes(repo, "slop-ls", "daemon").length === 1);
  await bench.close();
});

test("activation says how long it took, and starts no server", async () => {
  const seen = await activation(lab, lab.repo("quiet", { "main.go": "package main\n" }));
  assert.equal(seen.woken, false, "nothing in the workspace wakes it");
  assert.ok(seen.activatedIn > 0 && seen.activatedIn <= seen.awaited, `${seen.activatedIn} of ${seen.awaited} ms`);
  assert.deepEqual(seen.started.filter((program) => program.endsWith("slop-ls")), []);
});
