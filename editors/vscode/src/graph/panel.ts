// The graph of a track in a webview, kept up to date. What is drawn is drawn by page.ts, from plain data.
import * as vscode from "vscode";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Slop, Workspace } from "../context";
import type { TicketItem } from "../tree";
import { ticketLine, trackLine, trackName } from "../words";

/** What the page is told. */
export interface Drawn {
  title: string;
  line: string;
  /** Of the window, for when it is opened again. */
  state: Shown;
  tickets: DrawnTicket[];
}

export interface DrawnTicket {
  id: string;
  title: string;
  status: string;
  line: string;
  dependsOn: string[];
  /** An approval of it waits for the person. */
  asked: boolean;
  /** Names it for a menu. */
  key: string;
}

/** Which graph a window shows. */
export interface Shown {
  folder: string;
  track: string;
}

/** What the page asks for. */
export interface Asked {
  /** The command to run on a ticket. */
  command: string;
  id: string;
}

/** What the keys of the page may ask for. */
const allowed = new Set(["slop.open", "slop.ticket.showTranscript", "slop.ticket.showDiff", "slop.approval.review"]);

const viewType = "slop.graph";

export class Graph {
  private static readonly shown = new Map<string, Graph>();
  private readonly told: vscode.Disposable;
  private pending: NodeJS.Timeout | undefined;

  /** Shows the graph of a track, once. */
  static show(slop: Slop, workspace: Workspace, track: string): void {
    const state = { folder: workspace.key, track };
    const there = Graph.shown.get(graphKey(state));
    if (there) {
      there.panel.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(viewType, `${trackName(track)}: graph`, vscode.ViewColumn.Active, options);
    Graph.shown.set(graphKey(state), new Graph(slop, panel, state));
  }

  /** Takes up a graph that was open when the window was closed. */
  static restore(slop: Slop, panel: vscode.WebviewPanel, state: Shown): void {
    panel.webview.options = options;
    Graph.shown.set(graphKey(state), new Graph(slop, panel, state));
  }

  /** The ticket that a menu of the page was opened on. */
  static ticket(key: string): TicketItem | undefined {
    const [folder, track, id] = JSON.parse(key) as [string, string, string];
    return Graph.shown.get(graphKey({ folder, track }))?.item(id);
  }

  private constructor(
    private readonly slop: Slop,
    private readonly panel: vscode.WebviewPanel,
    private readonly state: Shown,
  ) {
    this.told = slop.onChange(() => {
      this.pending ??= setTimeout(() => this.draw(), 100);
    });
    panel.onDidDispose(() => {
      clearTimeout(this.pending);
      this.told.dispose();
      Graph.shown.delete(graphKey(state));
    });
    panel.webview.onDidReceiveMessage((asked: Asked | { ready: true }) => {
      if ("ready" in asked) {
        this.draw();
      } else if (allowed.has(asked.command)) {
        void vscode.commands.executeCommand(asked.command, this.item(asked.id));
      }
    });
    panel.webview.html = html();
  }

  private item(id: string): TicketItem | undefined {
    const workspace = this.slop.keyed(this.state.folder);
    const track = workspace?.known.track(this.state.track);
    const ticket = track?.tickets.find((t) => t.id === id);
    return workspace && track && ticket && { kind: "ticket", workspace, track, ticket };
  }

  private draw(): void {
    this.pending = undefined;
    const workspace = this.slop.keyed(this.state.folder);
    const track = workspace?.known.track(this.state.track);
    const asked = new Set(workspace?.known.asked.filter((a) => a.track === this.state.track).map((a) => a.ticket));
    const drawn: Drawn = {
      title: trackName(this.state.track),
      line: track ? trackLine(track) : "not known yet",
      state: this.state,
      tickets: (track?.tickets ?? []).map((t) => ({
        id: t.id,
        title: t.title,
        status: t.status,
        line: ticketLine(t),
        dependsOn: t.depends_on ?? [],
        asked: asked.has(t.id),
        key: JSON.stringify([this.state.folder, this.state.track, t.id]),
      })),
    };
    void this.panel.webview.postMessage(drawn);
  }
}

const options: vscode.WebviewOptions = { enableScripts: true, localResourceRoots: [] };

function graphKey(of: Shown): string {
  return `${of.folder}#${of.track}`;
}

/** Opens graphs again that were open when the window was closed. */
export function restoreGraphs(slop: Slop): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(viewType, {
    deserializeWebviewPanel: (panel, state: Shown | undefined) => {
      if (state === undefined) {
        panel.dispose();
      } else {
        Graph.restore(slop, panel, state);
      }
      return Promise.resolve();
    },
  });
}

/** The page: nothing is loaded from anywhere, and only the script that came with the extension runs. */
function html(): string {
  const nonce = crypto.randomUUID();
  const script = readFileSync(join(__dirname, "graph.js"), "utf8").replaceAll("</script", "<\\/script");
  const style = readFileSync(join(__dirname, "..", "media", "graph.css"), "utf8");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<style nonce="${nonce}">${style}</style>
<title>graph</title>
</head>
<body>
<header>
<h1 id="title"></h1><p id="line" role="status"></p>
<p id="keys">Arrow keys move, Enter shows the ticket, R reviews what it asks, T its transcript, D its changes.</p>
</header>
<main id="graph" role="tree" aria-label="tickets by what they depend on" aria-describedby="keys"></main>
<script nonce="${nonce}">${script}</script>
</body>
</html>`;
}
