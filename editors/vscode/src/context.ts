// The one owner of the clients: which folders have one, what is known of each, who is told when that changes.
import * as vscode from "vscode";
import { startClient, type Link } from "./client";
import { findProgram } from "./binary";
import type { Known } from "./known";

/** A workspace folder with its client. */
export interface Workspace {
  readonly folder: vscode.WorkspaceFolder;
  readonly link: Link;
  readonly known: Known;
}

export class Slop implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("slop-ls", { log: true });
  private readonly open = new Map<string, Promise<Workspace | undefined>>();
  private readonly ready = new Map<string, Workspace>();
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly flowing = new vscode.EventEmitter<void>();
  private pending: NodeJS.Timeout | undefined;

  /** The state of a workspace has changed; many changes at once are told once. */
  readonly onChange = this.changes.event;
  /** A model has said something. */
  readonly onStream = this.flowing.event;

  /** The workspaces whose client runs. */
  get workspaces(): Workspace[] {
    return [...this.ready.values()];
  }

  /** The workspace of a document, else the only one, else the first. */
  of(uri?: vscode.Uri): Workspace | undefined {
    const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
    return (folder && this.ready.get(folder.uri.toString())) ?? this.workspaces[0];
  }

  /** Starts the clients of all folders that have tracks, or of all where it is asked for. */
  async start(asked: boolean): Promise<void> {
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (asked || (await hasTracks(folder))) {
        await this.startFolder(folder);
      }
    }
  }

  /** Starts the client of a folder, or gives the one that runs. */
  startFolder(folder: vscode.WorkspaceFolder): Promise<Workspace | undefined> {
    const key = folder.uri.toString();
    const known = this.open.get(key);
    if (known) {
      return known;
    }
    const starting = this.connect(folder, key);
    this.open.set(key, starting);
    return starting;
  }

  private async connect(folder: vscode.WorkspaceFolder, key: string): Promise<Workspace | undefined> {
    const program = this.program(folder);
    if (program === undefined) {
      this.open.delete(key);
      return undefined;
    }
    try {
      const { link, known } = await startClient(folder, program, this.log, {
        changed: () => this.changed(),
        streamed: () => this.flowing.fire(),
      });
      const workspace = { folder, link, known };
      this.ready.set(key, workspace);
      await vscode.commands.executeCommand("setContext", "slop.running", true);
      this.changed();
      return workspace;
    } catch (err) {
      this.open.delete(key);
      this.log.error(`starting ${program}: ${String(err)}`);
      const choice = await vscode.window.showErrorMessage(`slop-ls could not be started: ${String(err)}`, "Show the Log");
      if (choice) {
        this.log.show();
      }
      return undefined;
    }
  }

  private program(folder: vscode.WorkspaceFolder): string | undefined {
    const configured = vscode.workspace.getConfiguration("slop", folder).get("server.path", "");
    const program = findProgram(configured, process.env, process.platform === "win32");
    if (program === undefined) {
      void this.noProgram(configured);
    }
    return program;
  }

  private async noProgram(configured: string): Promise<void> {
    const what = configured === "" ? "The program slop-ls is not on your PATH" : `The program ${configured} (slop.server.path) cannot be started`;
    const choice = await vscode.window.showErrorMessage(
      `${what}. Install it with "go install ./cmd/slop-ls" in a checkout, or say where it is.`,
      "Open Settings",
      "How It Works",
    );
    if (choice === "Open Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "slop.server.path");
    } else if (choice !== undefined) {
      await vscode.commands.executeCommand("slop.walkthrough");
    }
  }

  /** Ends the clients; workers go on in the daemon. */
  async stop(): Promise<void> {
    const running = this.workspaces;
    this.open.clear();
    this.ready.clear();
    await vscode.commands.executeCommand("setContext", "slop.running", false);
    this.changed();
    await Promise.all(running.map((w) => w.link.stop()));
  }

  /** Ends the client of a folder that is gone. */
  async stopFolder(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const workspace = this.ready.get(key);
    this.open.delete(key);
    this.ready.delete(key);
    this.changed();
    await workspace?.link.stop();
  }

  private changed(): void {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.changes.fire();
    }, 50);
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.changes.dispose();
    this.flowing.dispose();
    this.log.dispose();
    void this.stop();
  }
}

async function hasTracks(folder: vscode.WorkspaceFolder): Promise<boolean> {
  const pattern = new vscode.RelativePattern(folder, "{.slop,**/*.track.yaml,**/*.track.yml,**/*.track.json,.slop/**}");
  return (await vscode.workspace.findFiles(pattern, "**/node_modules/**", 1)).length > 0;
}
