// Pictures of each view, light and dark, for docs/screenshots: what a person sees in the middle of a track.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Lab } from "./lab.ts";
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
    description: Parse amounts with cents and a sign
    target_file: amount.go
    target_symbols: [Total]
  - id: T2
    description: Skip blank lines and comments
    target_file: entry.go
    depends_on: [T1]
  - id: T3
    description: Balance each account
    target_file: balance.go
    depends_on: [T1]
  - id: T4
    description: Report the accounts by name, then the total
    target_file: report.go
    depends_on: [T2, T3]
`,
};

const total = "\tvar sum Amount\n\tfor _, a := range all {\n\t\tsum += a\n\t}\n\treturn sum";
const rules = [
  { ticket: "T1", turn: 0, reply: { text: "Total forgets its amounts.", calls: [{ name: "edit_file", arguments: { path: "amount.go", search: "\treturn 0", replace: total } }] } },
  { ticket: "T1", turn: 1, reply: { calls: [{ name: "finish", arguments: { status: "done", summary: "Total adds up." } }] } },
  { ticket: "T2", reply: { text: "entry.go is next.", calls: [{ name: "run_command", arguments: { command: "go test ./..." } }] } },
];

for (const [name, theme] of Object.entries(themes)) {
  const lab = await Lab.open({ rules, settings: { "workbench.colorTheme": theme, "breadcrumbs.enabled": false } });
  try {
    await take(lab, name);
  } finally {
    await lab.close();
  }
}

async function take(lab: Lab, theme: string): Promise<void> {
  const repo = lab.repo("ledger", files);
  const bench = await lab.workbench(repo);
  const shoot = (view: string): Promise<unknown> => bench.page.screenshot({ path: join(folder, `vscode-${view}-${theme}.png`) });
  mkdirSync(folder, { recursive: true });
  await bench.open("amount.go");
  await bench.sideBar();
  await bench.itemAction("track ledger", "Run Track");
  await bench.item("A1").click();
  await bench.tab("A1.md").waitFor();
  await bench.lens("Approve as edited").waitFor();
  await shoot("review");

  await bench.titleAction("Approve as Edited").click();
  await bench.item("A3").waitFor();
  if (!(await bench.item("ticket T1").isVisible())) {
    await bench.item("track ledger").click();
  }
  await bench.item("ticket T4").waitFor();
  await bench.command("Notifications: Clear All Notifications");
  await bench.toast("A3").waitFor();
  await shoot("tracks");
  await diff(bench);
  await shoot("diff");
  await graph(bench);
  await shoot("graph");
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
