// The one owner of the clients: which folders have one, what is known of each, who is told when that changes.
import * as vscode from "vscode";
import { findProgram } from "./binary";
import type * as client from "./client";
import type { Known } from "./known";
import type { Link } from "./link";
import { folderKey, isTrack, placed, trackId, unkeyed } from "./names";

/** A workspace folder with its client. */
export interface Workspace {
  readonly folder: vscode.WorkspaceFolder;
  /** Names the folder among the open ones. */
  readonly key: string;
  readonly link: Link;
  readonly known: Known;
  /** What follows the documents of tracks; it ends with the client. */
  readonly documents: vscode.Disposable;
}

/** Why there is no server where one is wanted. */
export type Trouble = { kind: "missing"; configured: string } | { kind: "failed"; reason: string };

export class Slop implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("slop-ls", { log: true });
  /** Why the server that was wanted last is not there. */
  trouble: Trouble | undefined;
  private readonly open = new Map<string, Promise<Workspace | undefined>>();
  private readonly ready = new Map<string, Workspace>();
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly flowing = new vscode.EventEmitter<void>();
  private pending: NodeJS.Timeout | undefined;

  /** settings are the names of the extension's settings. */
  constructor(private readonly settings: readonly string[]) {}

  /** The state of a workspace has changed; many changes at once are told once. */
  readonly onChange = this.changes.event;
  /** A model has said something. */
  readonly onStream = this.flowing.event;

  /** The workspaces whose client runs. */
  get workspaces(): Workspace[] {
    return [...this.ready.values()];
  }

  /** The workspaces, without those that are another folder of the same repository: these have the same state. */
  get roots(): Workspace[] {
    const seen = new Set<string>();
    return this.workspaces.filter((w) => {
      const root = w.link.root.toString();
      return seen.has(root) ? false : seen.add(root);
    });
  }

  /** The workspace of a document: by its folder, as a Review… document or one of the server's; else the first. */
  of(uri?: vscode.Uri): Workspace | undefined {
    const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
    const byFolder = folder && this.ready.get(folder.uri.toString());
    return byFolder ?? this.workspaces.find((w) => uri !== undefined && (w.link.reviews(uri) || unkeyed(w.key, placed(uri).path) !== undefined)) ?? this.workspaces[0];
  }

  /** The workspace of a folder's key. */
  keyed(key: string): Workspace | undefined {
    return this.workspaces.find((w) => w.key === key);
  }

  /** Starts the clients of all folders that have tracks, once the person trusts them, or of all where it is asked for. */
  async start(asked: boolean): Promise<void> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    if (asked && folders.length === 0) {
      void vscode.window.showInformationMessage("slop-ls works on a folder: open one first.");
    }
    if (!asked && !vscode.workspace.isTrusted) {
      return; // nothing could run
    }
    await Promise.all(
      folders.map(async (folder) => {
        if (asked || (await hasTracks(folder))) {
          await this.startFolder(folder);
        }
      }),
    );
  }

  /** Starts the client of the folder that a track's document is in. */
  opened(document: vscode.TextDocument): void {
    const folder = isTrack(document.uri.path) && vscode.workspace.isTrusted ? vscode.workspace.getWorkspaceFolder(document.uri) : undefined;
    if (folder) {
      void this.startFolder(folder);
    }
  }

  /** Starts the client of a folder, or gives the one that runs. */
  startFolder(folder: vscode.WorkspaceFolder): Promise<Workspace | undefined> {
    const key = folder.uri.toString();
    const known = this.open.get(key);
    if (known) {
      return known;
    }
    const starting = this.connect(folder);
    this.open.set(key, starting);
    return starting;
  }

  private async connect(folder: vscode.WorkspaceFolder): Promise<Workspace | undefined> {
    const key = folder.uri.toString();
    const configured = vscode.workspace.getConfiguration("slop", folder).get("server.path", "");
    const program = findProgram(configured, process.env, process.platform === "win32");
    if (program === undefined) {
      this.open.delete(key);
      void this.fail({ kind: "missing", configured });
      return undefined;
    }
    const starting = this.open;
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a bundle of its own, loaded when it is needed
      const { startClient } = require("./client") as typeof client;
      const { link, known } = await startClient(folder, program, this.log, this.settings, {
        changed: () => this.changed(),
        streamed: () => this.flowing.fire(),
        lost: () => void this.lost(folder),
      });
      if (!starting.has(key)) {
        await link.stop(); // the folder is gone meanwhile
        return undefined;
      }
      const documents = followDocuments(link.root, (ids) => {
        known.found(ids);
        this.changed();
      });
      const workspace = { folder, key: folderKey(folder.name, key), link, known, documents };
      this.ready.set(key, workspace);
      this.trouble = undefined;
      this.log.info(`${program} serves ${folder.name}, from ${link.root.fsPath}`);
      await this.tell();
      return workspace;
    } catch (err) {
      this.open.delete(key);
      this.log.error(`starting ${program}: ${String(err)}`);
      void this.fail({ kind: "failed", reason: err instanceof Error ? err.message : String(err) });
      return undefined;
    }
  }

  /** Says why there is no server, and what to do. */
  async fail(trouble: Trouble): Promise<void> {
    this.trouble = trouble;
    await this.tell();
    if (trouble.kind === "failed") {
      const choice = await vscode.window.showErrorMessage(`slop-ls could not be started: ${trouble.reason}`, "Show the Log", "Try Again");
      if (choice !== undefined) {
        await vscode.commands.executeCommand(choice === "Try Again" ? "slop.restart" : "slop.showLog");
      }
      return;
    }
    const where = vscode.env.remoteName === undefined ? "" : " on the remote machine, in its own settings";
    const what =
      trouble.configured === ""
        ? `The program slop-ls is neither on your PATH nor in Go's bin folder. Install it, or say where it is${where}.`
        : `The setting slop.server.path names ${trouble.configured}, which is no program that can be run. Mend the setting${where}, or empty it.`;
    const choice = await vscode.window.showErrorMessage(what, "Open Settings", "How to Install", "Try Again");
    const next: Record<string, string> = { "Open Settings": "slop.settings", "How to Install": "slop.walkthrough", "Try Again": "slop.restart" };
    if (choice !== undefined) {
      await vscode.commands.executeCommand(next[choice] ?? "slop.settings");
    }
  }

  private async lost(folder: vscode.WorkspaceFolder): Promise<void> {
    await this.stopFolder(folder);
    await this.fail({ kind: "failed", reason: "it ended several times in a short time" });
  }

  private async tell(): Promise<void> {
    await vscode.commands.executeCommand("setContext", "slop.running", this.ready.size > 0);
    await vscode.commands.executeCommand("setContext", "slop.missing", this.ready.size === 0 && this.trouble?.kind === "missing");
    this.changed();
  }

  /** The person trusts the workspace now. */
  async trusted(): Promise<void> {
    for (const w of this.workspaces) {
      w.link.settings();
    }
    await this.start(false);
  }

  /** Ends the clients; workers go on in the daemon. */
  async stop(): Promise<void> {
    const running = this.workspaces;
    vscode.Disposable.from(...running.map((w) => w.documents)).dispose();
    this.open.clear();
    this.ready.clear();
    this.trouble = undefined;
    await this.tell();
    await Promise.allSettled(running.map((w) => w.link.stop()));
  }

  /** Ends the client of a folder that is gone. */
  async stopFolder(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const workspace = this.ready.get(key);
    workspace?.documents.dispose();
    this.open.delete(key);
    this.ready.delete(key);
    await this.tell();
    await workspace?.link.stop().catch((err: unknown) => this.log.warn(`stopping: ${String(err)}`));
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
  }
}

const documentPattern = "**/*.track.{yaml,yml,json}";

/** Tells which tracks below a root have documents, now and whenever that changes. */
function followDocuments(root: vscode.Uri, tell: (ids: Iterable<string>) => void): vscode.Disposable {
  const ids = new Map<string, string>();
  const idOf = (uri: vscode.Uri) => trackId(uri.path.slice(root.path.length + 1));
  const pattern = new vscode.RelativePattern(root, documentPattern);
  const watcher = vscode.workspace.createFileSystemWatcher(pattern, false, true, false);
  const made = watcher.onDidCreate((uri) => {
    ids.set(uri.path, idOf(uri));
    tell(ids.values());
  });
  const gone = watcher.onDidDelete((uri) => {
    ids.delete(uri.path);
    tell(ids.values());
  });
  void vscode.workspace.findFiles(pattern, "**/node_modules/**", 1000).then((found) => {
    found.forEach((uri) => ids.set(uri.path, idOf(uri)));
    tell(ids.values());
  });
  return vscode.Disposable.from(watcher, made, gone);
}

/** Whether a folder has tracks: in their usual place, which costs one look, or elsewhere. */
async function hasTracks(folder: vscode.WorkspaceFolder): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder.uri, ".slop", "tracks"));
    return true;
  } catch {
    const pattern = new vscode.RelativePattern(folder, documentPattern);
    return (await vscode.workspace.findFiles(pattern, "**/node_modules/**", 1)).length > 0;
  }
}
