// The item in the status bar: what runs, what waits, what it has cost.
import * as vscode from "vscode";
import type { Slop } from "./context";
import { statusText, sum } from "./words";

export function statusBar(slop: Slop): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("slop.status", vscode.StatusBarAlignment.Left, 10);
  item.name = "slop-ls";
  item.command = "slop.approvals.focus";
  const show = (): void => {
    const { workspaces } = slop;
    if (workspaces.length === 0) {
      item.hide();
      return;
    }
    const asked = workspaces.reduce((n, w) => n + w.known.asked.length, 0);
    const total = sum(workspaces.flatMap((w) => w.known.tracks));
    item.text = `${total.running > 0 ? "$(sync~spin)" : "$(organization)"} ${statusText(total, asked)}`;
    item.tooltip = total.more ? "Some calls' prices are not known: it has cost at least that much." : "slop-ls";
    item.backgroundColor = asked > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  return vscode.Disposable.from(item, slop.onChange(show));
}
