// Which folders get a client, and when: one for each folder that has tracks, and none before the person trusts it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { processes } from "./processes.ts";
import { until } from "./until.ts";

const track = (title: string): string => `title: ${title}\ntickets:\n  - id: T1\n    description: Look at it\n    target_file: main.go\n`;
const source = "package main\n\nfunc main() {}\n";

let lab: Lab;
before(async () => {
  lab = await Lab.open({ trust: true });
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("each folder with tracks has a client of its own, and nothing runs before the person trusts them", async () => {
  const one = lab.repo("one", { "main.go": source, ".slop/tracks/first.track.yaml": track("First") });
  const two = lab.repo("two", { "main.go": source, ".slop/tracks/second.track.yaml": track("Second") });
  const none = lab.repo("none", { "main.go": source });
  const folders = [one, two, none].map((path) => ({ path }));
  const bench = await lab.workbench(lab.write("all.code-workspace", JSON.stringify({ folders })));
  await bench.status("Restricted Mode").waitFor();
  await bench.sideBar();
  await until("a daemon for each", () => daemons(one) === 1 && daemons(two) === 1);
  assert.equal(daemons(none), 0, "a folder without tracks is left alone");
  assert.equal(processes(lab.root, "slop-ls", "--stdio").length, 2);

  await bench.itemAction("track first", "Run Track");
  await bench.toast(/trust/i).waitFor();
  assert.deepEqual(await lab.waiting(one), [], "what is not trusted does not run");

  await bench.command("Workspaces: Manage Workspace Trust");
  await bench.page.getByRole("button", { name: "Trust", exact: true }).click();
  await bench.status("Restricted Mode").waitFor({ state: "detached" });
  await bench.page.locator(".monaco-modal-editor-block .codicon-close").first().click();
  await bench.itemAction("track first", "Run Track");
  await until("what is trusted to run", async () => (await lab.waiting(one)).length === 1);
  await bench.close();
});

function daemons(repo: string): number {
  return processes(`--root ${repo}`, "daemon").length;
}
