// The item in the status bar: what runs, what waits, what it has cost. A click opens what waits.
import * as vscode from "vscode";
import type { Slop } from "./context";
import { statusText, statusTip, sum } from "./words";

export function statusBar(slop: Slop): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("slop.status", vscode.StatusBarAlignment.Left, 10);
  item.name = "slop-ls";
  item.command = "slop.waiting";
  const show = (): void => {
    const { roots, trouble } = slop;
    if (roots.length === 0) {
      item.text = "$(warning) slop: not running";
      item.tooltip = "slop-ls could not be started: click to see why";
      item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
      if (trouble) {
        item.show();
      } else {
        item.hide();
      }
      return;
    }
    const asked = roots.reduce((n, w) => n + w.known.asked.length, 0);
    const total = sum(roots.flatMap((w) => w.known.tracks));
    const icon = asked > 0 ? "$(bell-dot)" : total.running > 0 ? "$(sync~spin)" : "$(organization)";
    item.text = `${icon} ${statusText(total, asked)}`;
    item.tooltip = statusTip(total, asked);
    item.accessibilityInformation = { label: statusText(total, asked), role: "button" };
    item.backgroundColor = asked > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  return vscode.Disposable.from(item, slop.onChange(show));
}
