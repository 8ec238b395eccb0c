// Which folders get a client, and when: one for each folder that has tracks, and none before the person trusts it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { processes } from "./processes.ts";
import { until } from "./until.ts";
import type { Workbench } from "./workbench.ts";

const track = (title: string, described = "Look at it"): string => `title: ${title}\ntickets:\n  - id: T1\n    description: ${described}\n    target_file: main.go\n`;
const source = "package main\n\nfunc main() {}\n";

let lab: Lab;
before(async () => {
  lab = await Lab.open({ trust: true });
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("each folder with tracks gets a server of its own once the person trusts them, and none before", async () => {
  const one = lab.repo("one", { "main.go": source, ".slop/tracks/first.track.yaml": track("First") });
  const two = lab.repo("two", { "main.go": source, ".slop/tracks/second.track.yaml": track("Second") });
  const none = lab.repo("none", { "main.go": source });
  const folders = [one, two, none].map((path) => ({ path }));
  const bench = await lab.workbench(lab.write("all.code-workspace", JSON.stringify({ folders })));
  await bench.status("Restricted Mode").waitFor();
  await bench.sideBar();
  await bench.welcome("Manage Trust").waitFor();
  await bench.open("first.track.yaml");
  assert.equal(servers() + daemons(one), 0, "nothing is started for what is not trusted");

  await bench.welcome("Manage Trust").click();
  await trust(bench);
  await until("a daemon for each", () => daemons(one) === 1 && daemons(two) === 1);
  assert.equal(daemons(none), 0, "a folder without tracks is left alone");
  assert.equal(servers(), 2);
  await bench.itemAction("track first", "Run Track");
  await until("what is trusted to run", async () => (await lab.waiting(one)).length === 1);
  await bench.close();
});

test("a server that is asked for in what is not trusted runs nothing, and does once it is trusted", async () => {
  const repo = lab.repo("doubted", { "main.go": source, ".slop/tracks/first.track.yaml": track("First", "Look at [it](command:slop.showLog)") });
  const bench = await lab.workbench(repo);
  await bench.sideBar();
  await bench.welcome("Start Anyway").click();
  await bench.itemAction("track first", "Run Track");
  await bench.toast(/trust/i).waitFor();
  assert.deepEqual(await lab.waiting(repo), [], "what is not trusted does not run");

  await bench.command("Workspaces: Manage Workspace Trust");
  await trust(bench);
  await bench.itemAction("track first", "Run Track");
  await bench.toast("A1: Start T1").waitFor();
  assert.equal(await bench.toast("A1: Start T1").locator(".notification-list-item-message a").count(), 0, "a ticket's words are no link");
  await bench.close();
});

/** Trusts the workspace, on the page about that. */
async function trust(bench: Workbench): Promise<void> {
  await bench.page.getByRole("button", { name: "Trust", exact: true }).click();
  await bench.status("Restricted Mode").waitFor({ state: "detached" });
  await bench.page.locator(".monaco-modal-editor-block .codicon-close").first().click();
}

function servers(): number {
  return processes(lab.root, "slop-ls", "--stdio").length;
}

function daemons(repo: string): number {
  return processes(`--root ${repo}`, "daemon").length;
}
