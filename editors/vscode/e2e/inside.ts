// What can be seen from within the editor's extension host alone: a script runs there, beside the packaged extension, as the
// editor's own runner of extension tests runs it.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { built, type Lab } from "./lab.ts";

/** How the extension came up in an extension host. */
export interface Activation {
  /** It was active before it was asked for: something in the workspace had woken it. */
  woken: boolean;
  /** What the extension itself says of its activate(), in milliseconds. */
  activatedIn: number;
  /** From asking for it until it was there, in milliseconds: its code is read in that, where it was not woken before. */
  awaited: number;
  /** The programs that were started meanwhile in the extension host, by whichever extension; the editor's own search is one. */
  started: string[];
}

const probe = `const processes = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { extensions, workspace } = require("vscode");
const { spawn } = processes;
const started = [];
processes.spawn = (program, ...rest) => {
  started.push(program);
  return spawn(program, ...rest);
};
exports.run = async () => {
  const extension = extensions.getExtension("slop-ls.slop-ls");
  const woken = extension.isActive;
  const begun = performance.now();
  const { activatedIn } = await extension.activate();
  const awaited = performance.now() - begun;
  await workspace.findFiles("**/*.track.*"); // as the extension does before it starts anything
  writeFileSync(__dirname + "/activation.json", JSON.stringify({ woken, activatedIn, awaited, started }));
};
`;

/** Starts the workbench on a folder, and tells how the extension came up in it. The extension host has ended then. */
export async function activation(lab: Lab, folder: string): Promise<Activation> {
  const script = lab.write("inside/index.js", probe);
  const code = await run(lab, folder, script);
  if (code !== 0) {
    throw new Error(`the script in the extension host ended with ${code}`);
  }
  return JSON.parse(await readFile(join(script, "../activation.json"), "utf8")) as Activation;
}

/** Runs a script in the extension host of a page of its own, and gives the code that it ended with. */
async function run(lab: Lab, folder: string, script: string): Promise<number> {
  const page = await lab.page();
  const ended = new Promise<number>((told) => void page.exposeFunction("codeAutomationExit", told));
  await page.addInitScript(allowTests);
  const [packaged] = (await readdir(join(built, "extensions"))).filter((name) => name.startsWith("slop-ls."));
  const at = (path: string): string => `vscode-remote://${new URL(lab.url).host}${path}`;
  const payload = [["extensionDevelopmentPath", at(join(built, "extensions", packaged ?? ""))], ["extensionTestsPath", at(script)]];
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  await page.goto(`${lab.url}/?${query.toString()}`);
  const code = await ended;
  await page.close();
  return code;
}

/** Makes the workbench heed the payload of its address, which it does where its page says that it is tested. Runs in the page. */
function allowTests(): void {
  const watch = new MutationObserver(() => {
    const meta = document.getElementById("vscode-workbench-web-configuration");
    if (meta?.dataset["settings"] !== undefined) {
      watch.disconnect();
      const settings = JSON.parse(meta.dataset["settings"]) as { developmentOptions?: object };
      meta.dataset["settings"] = JSON.stringify({ ...settings, developmentOptions: { ...settings.developmentOptions, enableSmokeTestDriver: true } });
    }
  });
  watch.observe(document, { childList: true, subtree: true });
}
