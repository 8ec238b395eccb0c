// A place to test in: the real program with its own folders for configuration and state, the scripted model, the editor's
// server with the packaged extension, and a browser. Everything is on loopback and in a folder that goes with it.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { Child } from "./processes.ts";
import { patience, until } from "./until.ts";
import { Workbench } from "./workbench.ts";

/** Where .ci/vscode puts what the tests need. */
export const built = join(import.meta.dirname, "../../../.cache/vscode");

/** What is different from lab to lab. */
export interface Options {
  /** The rules of the model's script; see package scripted. */
  rules?: object[];
  /** Settings of the person, beside those that keep the editor quiet. */
  settings?: Record<string, unknown>;
  /** Lines of the person's config.toml before the tables. */
  config?: string;
  /** What the setting names as the program; without it the real one. */
  program?: string;
  /** The workspace is asked about before anything in it runs. */
  trust?: boolean;
}

/** A request that the model has answered. */
export interface Answered {
  ticket: string;
  model: string;
  turn: number;
  outcome: string;
  prompt: string;
}

/** A track as the program itself shows it. */
export interface Shown {
  id: string;
  status: string;
  tickets: { id: string; status: string; phase: string; reason: string; attempt: number }[];
}

/** An event, as far as tests look at it. */
export interface Told {
  type: string;
  ticket?: string;
  id?: string;
  decision?: string;
  by?: string;
  edited?: boolean;
  undo?: boolean;
}

const quiet = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.editor.enablePreview": false,
  "files.autoSave": "off",
  "editor.autoClosingBrackets": "never",
  "editor.autoIndent": "none",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.inlayHints.enabled": "on",
  "editor.cursorBlinking": "solid",
  "editor.minimap.enabled": false,
  "[markdown]": { "editor.wordWrap": "off" },
};

export class Lab {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "slop-vscode-")));
  /** What the model has answered, in order. */
  readonly answered: Answered[] = [];
  private readonly repos: string[] = [];
  private readonly env: NodeJS.ProcessEnv;
  private model: Child | undefined;
  private server: Child | undefined;
  private browser: Browser | undefined;
  private profile: BrowserContext | undefined; // the person's: the editor keeps there which tabs were open
  /** Where the editor's server is. */
  url = "";

  private readonly options: Options;

  private constructor(options: Options) {
    this.options = options;
    const home = (name: string): string => join(this.root, name);
    this.env = {
      ...process.env,
      PATH: `${home("bin")}:${process.env["PATH"] ?? ""}`,
      XDG_CONFIG_HOME: home("config"),
      XDG_STATE_HOME: home("state"),
      XDG_DATA_HOME: home("data"),
    };
  }

  static async open(options: Options = {}): Promise<Lab> {
    const lab = new Lab(options);
    try {
      await lab.start();
      return lab;
    } catch (err) {
      await lab.close();
      throw err;
    }
  }

  private async start(): Promise<void> {
    mkdirSync(join(this.root, "bin")); // not by PATH: the editor's server asks a login shell for that
    symlinkSync(join(built, "bin/slop-ls"), join(this.root, "bin/slop-ls"));
    const url = await this.startModel();
    this.write("config/slop-ls/config.toml", config(url, this.options.config ?? ""));
    this.write("user/User/settings.json", JSON.stringify({ ...quiet, ...this.options.settings }));
    this.write("user/Machine/settings.json", JSON.stringify({ "slop.server.path": this.options.program ?? join(this.root, "bin/slop-ls") }));
    await Promise.all([this.startServer(), this.startBrowser()]);
  }

  private async startModel(): Promise<string> {
    const script = this.write("script.json", JSON.stringify({ models: ["small"], rules: this.options.rules ?? [] }));
    let url = "";
    this.model = new Child(join(built, "bin/model"), [script], this.env, (line) => {
      const told = JSON.parse(line) as { url: string } | Answered;
      if ("url" in told) {
        url = told.url;
      } else {
        this.answered.push(told);
      }
    });
    return until("the model", () => url !== "" && url);
  }

  /** Starts the editor's server, or starts it anew after it was ended. */
  async startServer(): Promise<void> {
    const entry = join(built, "editor/node_modules/code-server/out/node/entry.js");
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const args = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check"];
    const places = ["--user-data-dir", join(this.root, "user"), "--extensions-dir", join(built, "extensions")];
    const trust = this.options.trust === true ? [] : ["--disable-workspace-trust"];
    let url = "";
    this.server = new Child(process.execPath, [entry, ...args, ...places, ...trust], this.env, (line) => {
      url ||= /HTTP server listening on (http:\/\/[\d.:]+)/.exec(line)?.[1] ?? "";
    });
    this.url = await until("the editor's server", () => url !== "" && url);
  }

  /** Ends the editor's server with its extension hosts and all that they started, as a crash does. */
  async endServer(): Promise<void> {
    await this.server?.kill();
  }

  private async startBrowser(): Promise<void> {
    this.browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
  }

  /** Makes a repository of files and commits them. */
  repo(name: string, files: Record<string, string>): string {
    const root = join(this.root, name);
    for (const [path, text] of Object.entries(files)) {
      this.write(join(name, path), text);
    }
    const git = (...args: string[]): Buffer =>
      execFileSync("git", ["-c", "user.name=person", "-c", "user.email=person@example.com", ...args], { cwd: root });
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "start");
    this.repos.push(root);
    return root;
  }

  /** Writes a file below the lab's folder and gives its path. */
  write(path: string, text: string): string {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  }

  /** Keeps a picture of each page, and what the editor's server printed, for who looks at what went wrong. */
  async keep(name: string): Promise<void> {
    const folder = join(built, "failed", name.replace(/\W+/g, "-"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "server.txt"), this.server?.output ?? "");
    for (const [i, page] of (this.profile?.pages() ?? []).entries()) {
      await page.screenshot({ path: join(folder, `${i}.png`) });
    }
    const logs = join(this.root, "user/logs");
    if (existsSync(logs)) {
      cpSync(logs, join(folder, "logs"), { recursive: true });
    }
  }

  /** A page of the person's browser that shows nothing yet. */
  async page(): Promise<Page> {
    if (!this.browser) {
      throw new Error("the lab has no browser");
    }
    this.profile ??= await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
    this.profile.setDefaultTimeout(patience);
    return this.profile.newPage();
  }

  /** Opens the workbench on a folder, or on a .code-workspace file. */
  async workbench(path: string): Promise<Workbench> {
    const page = await this.page();
    const kind = path.endsWith(".code-workspace") ? "workspace" : "folder";
    await page.goto(`${this.url}/?${kind}=${encodeURIComponent(path)}`);
    return Workbench.of(page);
  }

  /** Runs the program in a repository, as a person at a terminal, and gives what it prints. */
  async slop(repo: string, ...args: string[]): Promise<string> {
    const ran = await promisify(execFile)(join(this.root, "bin/slop-ls"), [...args, "--root", repo], { env: this.env });
    return ran.stdout;
  }

  /** A track as the program knows it. */
  async track(repo: string, track: string): Promise<Shown> {
    return JSON.parse(await this.slop(repo, "track", "show", track, "--json")) as Shown;
  }

  /** Runs the program in a repository, and reads the objects that it prints, one a line. */
  async told<T>(repo: string, ...args: string[]): Promise<T[]> {
    const lines = await this.slop(repo, ...args, "--json");
    return lines.split("\n").filter((l) => l !== "").map((l) => JSON.parse(l) as T);
  }

  /** All that has happened in a repository, in order. */
  log(repo: string): Promise<Told[]> {
    return this.told(repo, "log");
  }

  /** The ids of the approvals that wait in a repository, the oldest first. */
  async waiting(repo: string): Promise<string[]> {
    return (await this.told<{ id: string }>(repo, "approve", "list")).map((a) => a.id);
  }

  /** Waits until a ticket is as wanted, by the program's own account. */
  ticket(repo: string, track: string, id: string, status: string, phase = ""): Promise<Shown["tickets"][number]> {
    return until(`${id} to be ${status} ${phase}`, async () => {
      const { tickets } = await this.track(repo, track);
      return tickets.find((t) => t.id === id && t.status === status && (phase === "" || t.phase === phase));
    });
  }

  /** Lets the model go on behind a [hold]. */
  goOn(): void {
    this.model?.process.stdin?.write("\n");
  }

  /** Ends everything that was started, and removes the folder. */
  async close(): Promise<void> {
    await this.browser?.close();
    await this.server?.kill();
    for (const repo of this.repos) {
      spawnSync(join(this.root, "bin/slop-ls"), ["daemon", "stop", "--root", repo], { env: this.env });
    }
    if (this.model && !this.model.ended) {
      const gone = once(this.model.process, "exit");
      this.model.process.stdin?.end();
      await gone;
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

function config(url: string, lines: string): string {
  const tier = (name: string): string => `[tiers.${name}]\nprovider = "local"\nmodels = ["small"]\n`;
  return [
    lines,
    ...["orchestrator", "tech_lead", "worker", "qa"].map(tier),
    `[providers.local]\nkind = "openai"\nbase_url = ${JSON.stringify(url)}\n`,
  ].join("\n");
}
