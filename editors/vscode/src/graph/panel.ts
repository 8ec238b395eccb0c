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
  tickets: { id: string; title: string; status: string; line: string; dependsOn: string[] }[];
}

/** What the page asks for. */
export interface Asked {
  open: string;
}

export class Graph {
  private static readonly shown = new Map<string, Graph>();
  private readonly panel: vscode.WebviewPanel;
  private readonly told: vscode.Disposable;

  /** Shows the graph of a track, once. */
  static show(slop: Slop, workspace: Workspace, track: string): void {
    const key = `${workspace.folder.uri.toString()}#${track}`;
    const there = Graph.shown.get(key);
    if (there) {
      there.panel.reveal();
    } else {
      Graph.shown.set(key, new Graph(slop, workspace, track, () => Graph.shown.delete(key)));
    }
  }

  private constructor(
    slop: Slop,
    private readonly workspace: Workspace,
    private readonly track: string,
    gone: () => void,
  ) {
    this.panel = vscode.window.createWebviewPanel("slop.graph", `${trackName(track)}: graph`, vscode.ViewColumn.Beside, {
      enableScripts: true,
      retainContextWhenHidden: false,
      localResourceRoots: [],
    });
    this.told = slop.onChange(() => this.draw());
    this.panel.onDidDispose(() => {
      this.told.dispose();
      gone();
    });
    this.panel.webview.onDidReceiveMessage((asked: Asked | { ready: true }) => {
      if ("open" in asked) {
        void vscode.commands.executeCommand("slop.open", this.item(asked.open));
      } else {
        this.draw();
      }
    });
    this.panel.webview.html = html();
  }

  private item(id: string): TicketItem | undefined {
    const track = this.workspace.known.track(this.track);
    const ticket = track?.tickets.find((t) => t.id === id);
    return track && ticket && { kind: "ticket", workspace: this.workspace, track, ticket };
  }

  private draw(): void {
    const track = this.workspace.known.track(this.track);
    const drawn: Drawn = {
      title: trackName(this.track),
      line: track ? trackLine(track) : "not known yet",
      tickets: (track?.tickets ?? []).map((t) => ({ id: t.id, title: t.title, status: t.status, line: ticketLine(t), dependsOn: t.depends_on ?? [] })),
    };
    void this.panel.webview.postMessage(drawn);
  }
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
<header><h1 id="title"></h1><p id="line" role="status"></p></header>
<div id="graph" role="tree" aria-label="tickets"></div>
<script nonce="${nonce}">${script}</script>
</body>
</html>`;
}
