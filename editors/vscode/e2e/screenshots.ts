// Pictures of each view, light and dark, for docs/screenshots: what a person sees in the middle of a track.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Lab, type Options } from "./lab.ts";
import type { Workbench } from "./workbench.ts";

const folder = join(import.meta.dirname, "../../../docs/screenshots");
const themes = { light: "Default Light Modern", dark: "Default Dark Modern" };

const files = {
  "go.mod": "module example.com/ledger\n\ngo 1.22\n",
  "amount.go": "package ledger\n\n// Amount is money, in cents.\ntype Amount int64\n\n// Total adds up amounts.\nfunc Total(all []Amount) Amount {\n\treturn 0\n}\n",
  ".slop/tracks/ledger.track.yaml": `title: A ledger that adds up
goal: Amounts are parsed, balanced and reported.
tickets:
  - id: T1
    description: Parse amounts
    target_file: amount.go
    target_symbols: [Total]
  - id: T2
    description: Skip comments
    target_file: entry.go
    depends_on: [T1]
  - id: T3
    description: Balance the accounts
    target_file: balance.go
    depends_on: [T1]
  - id: T4
    description: Report the accounts
    target_file: report.go
    depends_on: [T2, T3]
`,
};

/** What the model of T2 says, slowly enough to be seen. */
const thoughts = `The reader stops at the first blank line, so everything after it is lost.

A ledger has three kinds of lines:

1. entries: a date, an account and an amount,
2. comments, which begin with a semicolon,
3. blank lines, which part one group from another.

Only the first kind is to reach the parser. I shall skip the other two where lines are read, and not in the parser itself: it names the line of an error, so it has to count all of them.

Next() therefore keeps counting while it skips, and gives the number with the entry.

Before I change anything I want to see that the tests pass as they are. If they do not, the failure may be about amount.go, which another ticket has just changed, and not about the reader at all. After that one test for a comment in the first line, one for a file of blank lines alone, and one for the number that an error names behind both of them.
`;
const total = "\tvar sum Amount\n\tfor _, a := range all {\n\t\tsum += a\n\t}\n\treturn sum";
const rules = [
  { ticket: "T1", turn: 0, reply: { text: "Total forgets its amounts.", calls: [{ name: "edit_file", arguments: { path: "amount.go", search: "\treturn 0", replace: total } }] } },
  { ticket: "T1", turn: 1, reply: { calls: [{ name: "finish", arguments: { status: "done", summary: "Total adds up." } }] } },
  { ticket: "T2", turn: 0, reply: { text: thoughts, delay: "250ms", chunk: 40, calls: [{ name: "run_command", arguments: { command: "go test ./..." } }] } },
];

for (const [name, theme] of Object.entries(themes)) {
  const settings = { "workbench.colorTheme": theme, "breadcrumbs.enabled": false, "[markdown]": { "editor.wordWrap": "on" } };
  await within({ rules, settings }, (lab) => take(lab, name));
  await within({ settings, trust: true }, (lab) => restricted(lab, name));
  await within({ settings, program: "~/bin/slop-ls" }, (lab) => missing(lab, name));
}

async function within(options: Options, take: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await Lab.open(options);
  try {
    await take(lab);
  } catch (err) {
    await lab.keep("screenshots");
    throw err;
  } finally {
    await lab.close();
  }
}

/** A folder that is not trusted. */
async function restricted(lab: Lab, theme: string): Promise<void> {
  const bench = await lab.workbench(lab.repo("ledger", files));
  const shoot = shooter(bench, theme);
  await bench.open("amount.go");
  await bench.sideBar();
  await widen(bench);
  await bench.welcome("Manage Trust").waitFor();
  await shoot("restricted");
}

/** A program that is not there, and the walkthrough. */
async function missing(lab: Lab, theme: string): Promise<void> {
  const bench = await lab.workbench(lab.repo("ledger", files));
  const shoot = shooter(bench, theme);
  await bench.open("amount.go");
  await bench.sideBar();
  await widen(bench);
  await bench.toast("slop.server.path names").waitFor();
  await bench.welcome("Say Where It Is").waitFor();
  await shoot("missing");

  await bench.command("Notifications: Clear All Notifications");
  await bench.welcome("How to Install It").click();
  await bench.page.getByText("The extension needs the program").first().waitFor();
  await bench.page.keyboard.press("Control+b"); // the picture beside a step wants room
  const beside = bench.page.frameLocator("iframe.webview.ready").frameLocator("iframe");
  await beside.getByText("The extension is thin").first().waitFor();
  await shoot("walkthrough");
}

async function take(lab: Lab, theme: string): Promise<void> {
  const bench = await lab.workbench(lab.repo("ledger", files));
  const shoot = shooter(bench, theme);
  await bench.open("amount.go");
  await bench.sideBar();
  await widen(bench);
  await bench.itemAction("track ledger", "Run Track");
  await bench.item("A1").click();
  await bench.tab("A1.md").waitFor();
  await bench.lens("Approve as edited").waitFor();
  await bench.command("Notifications: Clear All Notifications");
  await shoot("review");

  await bench.titleAction("Approve as Edited").click();
  await bench.item("A3").waitFor();
  if (!(await bench.item("ticket T1").isVisible())) {
    await bench.item("track ledger").click();
  }
  await bench.item("ticket T4").waitFor();
  await bench.toast(/A[23]/).first().waitFor();
  await bench.line("return sum").waitFor();
  await shoot("tracks");
  await bench.command("Notifications: Clear All Notifications");
  await diff(bench);
  await shoot("diff");
  await graph(bench);
  await shoot("graph");
  await bench.itemMenu("ticket T1", "Open the Transcript");
  await bench.line("Transcript of T1").click();
  await bench.page.keyboard.press("Control+End");
  await bench.line("Total forgets its amounts.").waitFor();
  await shoot("transcript");
  await stream(bench);
  await shoot("stream");
}

function shooter(bench: Workbench, theme: string): (view: string) => Promise<unknown> {
  mkdirSync(folder, { recursive: true });
  return async (view) => {
    await bench.page.mouse.move(700, 700); // no hint of a button is in the way
    await bench.page.locator(".workbench-hover").waitFor({ state: "hidden" });
    await bench.page.screenshot({ path: join(folder, `vscode-${view}-${theme}.png`) });
  };
}

/** Makes the side bar wide enough for a ticket's line. */
async function widen(bench: Workbench): Promise<void> {
  const bar = await bench.page.locator(".part.sidebar").boundingBox();
  const { mouse } = bench.page;
  const at = (bar?.x ?? 0) + (bar?.width ?? 0) + 1;
  await mouse.move(at, 300);
  await mouse.down();
  await mouse.move(at + 130, 300, { steps: 5 });
  await mouse.up();
}

/** Lets T2 start, and looks at what its model says while it says it. */
async function stream(bench: Workbench): Promise<void> {
  await bench.tab("amount.go").first().click();
  await bench.itemAction("ticket T2", "Approve");
  await bench.itemAction("ticket T2", "Watch What the Model Says");
  await bench.line("keeps counting").waitFor();
}

async function diff(bench: Workbench): Promise<void> {
  await bench.itemAction("ticket T1", "Show the Changes");
  await bench.page.locator(".monaco-diff-editor .line-insert").first().waitFor();
}

async function graph(bench: Workbench): Promise<void> {
  await bench.itemAction("track ledger", "Show the Graph");
  const page = bench.page.frameLocator("iframe.webview.ready").frameLocator("iframe");
  await page.locator('.ticket[data-id="T4"]').waitFor();
}
