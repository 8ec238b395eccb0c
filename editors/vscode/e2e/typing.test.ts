// A person who types while approvals pop up: no key is lost, nothing is answered, and nothing waits for the person.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { until } from "./until.ts";

const ids = ["T1", "T2", "T3", "T4"];
const track = `title: Four at once
tickets:
${ids.map((id) => `  - id: ${id}\n    description: Look at the letter\n    target_file: letter.txt\n`).join("")}`;
/** Each worker wants to run a command when the test says so, and then has enough. */
const rules = [{ turn: 1, reply: { text: "Enough." } }, { turn: 0, reply: { text: "[hold]", calls: [{ name: "run_command", arguments: { command: "cat letter.txt" } }] } }];

// Digits, initials of the buttons, Enter, Space, Escape: whatever chooses, answers or closes something somewhere.
const line = "Approve? 1 2 3 yes: Review, reject, Allow always.";
const keys = ["Enter", "Tab", "Enter", "Space", "Escape", "Home", "End"];
const keysWrite = "\n\t\n ";

let lab: Lab;
before(async () => {
  const settings = { "editor.insertSpaces": false, "editor.detectIndentation": false, "editor.trimAutoWhitespace": false };
  lab = await Lab.open({ rules, settings, config: '[mma]\nmax_workers = 4\noverlap = "merge"\n' });
});
after(() => lab.close());
afterEach((t) => ("passed" in t && !t.passed ? lab.keep(t.name) : undefined));

test("typing goes on while approvals pop up, and answers none of them", async () => {
  const repo = lab.repo("letters", { "letter.txt": "", ".slop/tracks/four.track.yaml": track });
  const bench = await lab.workbench(repo);
  await bench.status("slop").waitFor();
  await bench.command("Slop: Run Track");
  await until("all to be asked about", async () => (await lab.waiting(repo)).length === ids.length);
  await lab.slop(repo, "approve", "yes", ...(await lab.waiting(repo)));
  await bench.open("letter.txt");
  await bench.page.locator(".editor-group-container.active .view-lines").click();

  let written = "";
  for (const id of ids) {
    lab.goOn();
    const asked = await until(`${id} to ask while something is typed`, async () => {
      await bench.page.keyboard.type(line);
      written += line;
      const waiting = await lab.waiting(repo);
      return waiting.length === 1 && waiting;
    });
    await bench.toast("cat letter.txt").waitFor();
    await bench.page.keyboard.type(line);
    for (const key of keys) {
      await bench.page.keyboard.press(key);
    }
    written += line + keysWrite;
    assert.deepEqual(await lab.waiting(repo), asked, "it still waits");
    await lab.slop(repo, "approve", "yes", ...asked); // so that the next may pop up
  }
  assert.equal(await bench.tab("letter.txt").getAttribute("aria-selected"), "true", "the person's place was kept");

  await bench.page.keyboard.press("Control+s");
  await until("the text on the disk", async () => (await readFile(join(repo, "letter.txt"), "utf8")) !== "");
  assert.equal(await readFile(join(repo, "letter.txt"), "utf8"), written);
  const decided = (await lab.log(repo)).filter((e) => e.type === "approval_decided");
  assert.equal(decided.length, 2 * ids.length);
  assert.deepEqual(decided.filter((e) => e.by?.includes("code-server")), [], "all was answered at the terminal");
});
