// One client on one folder: how the program is started, what the client says it can do, and what it takes.
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State as ClientState,
  type ClientCapabilities,
  type DocumentSelector,
  type ErrorHandler,
  type FeatureState,
  type LanguageClientOptions,
  type Middleware,
  type ServerCapabilities as Capabilities,
  type StaticFeature,
} from "vscode-languageclient/node";
import { Known } from "./known";
import type { Link, Told } from "./link";
import { showMessages } from "./message";
import { documentScheme, folderKey, keyed, placed, unkeyed } from "./names";
import { Problems } from "./problems";
import { explicit, serverSettings } from "./settings";
import { methods, type Diagnostic, type SaveArgs, type ServerCapabilities, type State, type Stream } from "./wire";

const languages = [
  "c", "cpp", "csharp", "go", "java", "javascript", "javascriptreact", "kotlin", "lua", "php", "python", "ruby", "rust", "scala",
  "shellscript", "swift", "typescript", "typescriptreact",
];

/**
 * Says that this client takes slop-ls's own notifications, and that typing cannot answer its prompts; takes over what the
 * server says of itself before the other features see it.
 */
class Announce implements StaticFeature {
  server: ServerCapabilities = { version: 0, methods: [], root: "", reviews: "" };

  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      slop: { state: true, stream: true, prompts: true, batch: true, save: true },
    };
  }

  preInitialize(capabilities: Capabilities, selector: DocumentSelector | undefined): void {
    // The commands are registered once for all folders (served.ts): a second client would fail to register them again.
    delete capabilities.executeCommandProvider;
    const said = (capabilities.experimental as { slop?: Partial<ServerCapabilities> } | undefined)?.slop;
    const known = this.server.reviews;
    this.server = { ...this.server, ...said };
    if (this.server.reviews !== "" && this.server.reviews !== known) {
      selector?.push({ scheme: "file", language: "markdown", pattern: { baseUri: this.server.reviews, pattern: "*.md" } });
    }
  }

  initialize(): void {
    // The other features do what there is to do.
  }
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {
    // Nothing is kept.
  }
}

/** Lets commands of lenses and actions say whose they are: two folders may both have an approval A1. */
function named<T extends { command?: vscode.Command | string }>(key: string, item: T): T {
  const command = typeof item.command === "object" ? item.command : undefined;
  if (command?.command.startsWith("slop.") === true && (command.arguments?.length ?? 0) < 2) {
    command.arguments = [command.arguments?.[0] ?? {}, { folder: key }];
  }
  return item;
}

function middleware(folder: vscode.WorkspaceFolder, key: string, names: readonly string[]): Middleware {
  return {
    provideCodeLenses: async (document, token, next) => (await next(document, token))?.map((lens) => named(key, lens)),
    provideCodeActions: async (document, range, context, token, next) => (await next(document, range, context, token))?.map((action) => named(key, action)),
    provideTextDocumentContent: (uri, token, next) => (unkeyed(key, placed(uri).path) === undefined ? undefined : next(uri, token)),
    workspace: {
      configuration: async (params, token, next) => {
        const all = await next(params, token);
        return Array.isArray(all) ? params.items.map((item, i) => (item.section === "slop" ? section(folder, names) : (all[i] as unknown))) : all;
      },
    },
  };
}

/** The section of settings as the server gets it: what is set, and whether the workspace is trusted. */
function section(folder: vscode.WorkspaceFolder, names: readonly string[]): object {
  const settings = vscode.workspace.getConfiguration("slop", folder);
  return { ...explicit(names, (name) => settings.inspect(name), (name) => settings.get(name)), trusted: vscode.workspace.isTrusted };
}

function clientOptions(folder: vscode.WorkspaceFolder, key: string, log: vscode.LogOutputChannel, names: readonly string[]): LanguageClientOptions {
  const within = (pattern: string) => ({ baseUri: folder.uri.toString(), pattern });
  return {
    workspaceFolder: folder,
    documentSelector: [
      ...languages.map((language) => ({ scheme: "file", language, pattern: within("**/*") })),
      { scheme: "file", pattern: within("**/*.track.{yaml,yml,json}") },
      { scheme: documentScheme, pattern: `/${key}/**` }, // the server's own read-only documents
    ],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: { slop: { trusted: vscode.workspace.isTrusted } },
    initializationFailedHandler: () => false, // context.ts says it
    middleware: middleware(folder, key, names),
    uriConverters: {
      code2Protocol: (uri) => (uri.scheme === documentScheme ? plainUri(key, uri) : uri.toString()),
      protocol2Code: (text) => keyedUri(key, text),
    },
  };
}

function plainUri(key: string, uri: vscode.Uri): string {
  const { path, query } = placed(uri);
  return `${documentScheme}:${unkeyed(key, path) ?? path}${query === "" ? "" : `?${query}`}`;
}

function keyedUri(key: string, text: string): vscode.Uri {
  const uri = vscode.Uri.parse(text);
  return uri.scheme === documentScheme ? uri.with({ path: keyed(key, uri.path) }) : uri;
}

/** Starts the program again when it ends, unless it has ended again and again. */
function patient(told: Told): ErrorHandler {
  const often = 4;
  const within = 180_000;
  let ends: number[] = [];
  return {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      ends = [...ends, Date.now()].filter((at) => Date.now() - at < within);
      if (ends.length < often) {
        return { action: CloseAction.Restart, handled: true };
      }
      told.lost();
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}

/** Starts the program for a folder and waits until it has said what it can do. */
export async function startClient(
  folder: vscode.WorkspaceFolder,
  program: string,
  log: vscode.LogOutputChannel,
  settings: readonly string[],
  told: Told,
): Promise<{ link: Link; known: Known }> {
  const key = folderKey(folder.name, folder.uri.toString());
  const args = vscode.workspace.getConfiguration("slop", folder).get<string[]>("server.args", []);
  const options = clientOptions(folder, key, log, serverSettings(settings));
  options.errorHandler = patient(told);
  const server = { command: program, args: [...args, "--stdio"], options: { cwd: folder.uri.fsPath } };
  const client = new LanguageClient("slop", `slop-ls (${folder.name})`, server, options);
  const announce = new Announce();
  client.registerFeature(announce);
  const known = new Known();
  const problems = new Reporter(client, announce, folder);
  client.onNotification(methods.state, (state: State) => {
    if (state.whole) {
      problems.again(); // it may be another daemon's, which has heard nothing
    }
    if (!known.apply(state)) {
      log.warn("a state does not follow the one before: restart the connection (Slop: Restart the Connection)");
    }
    told.changed();
  });
  client.onNotification(methods.stream, (piece: Stream) => {
    known.hear(piece);
    told.streamed();
  });
  client.onRequest(methods.save, save);
  showMessages(client);
  client.onDidChangeState((e) => {
    if (e.newState === ClientState.Stopped) {
      known.forget();
      told.changed();
    }
  });
  await client.start();
  const link: Link = {
    root: announce.server.root === "" ? folder.uri : vscode.Uri.parse(announce.server.root),
    run: (command, args) => client.sendRequest("workspace/executeCommand", { command, arguments: [args] }),
    uri: (text) => client.protocol2CodeConverter.asUri(text),
    reviews: (uri) => announce.server.reviews !== "" && uri.toString().startsWith(`${vscode.Uri.parse(announce.server.reviews).toString()}/`),
    settings: () => void client.sendNotification("workspace/didChangeConfiguration", { settings: null }),
    stop: async () => {
      problems.dispose();
      await client.stop();
    },
  };
  return { known, link };
}

/** Tells the server what the editor's other language servers say of the folder's files, a moment after they have said it. */
class Reporter implements vscode.Disposable {
  private readonly problems = new Problems();
  private readonly heard: vscode.Disposable;
  private pending: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: LanguageClient,
    private readonly announce: Announce,
    private readonly folder: vscode.WorkspaceFolder,
  ) {
    this.heard = vscode.languages.onDidChangeDiagnostics((e) => this.note(e.uris));
  }

  /** Says everything again. */
  again(): void {
    this.problems.again();
    this.note(vscode.languages.getDiagnostics().map(([uri]) => uri));
  }

  private note(uris: readonly vscode.Uri[]): void {
    const ours = uris.filter((uri) => uri.scheme === "file" && vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === this.folder.uri.toString());
    this.problems.note(ours.map((uri) => uri.toString()));
    this.later();
  }

  private later(): void {
    if (this.problems.more) {
      this.pending ??= setTimeout(() => this.tell(), 400);
    }
  }

  private tell(): void {
    this.pending = undefined;
    if (this.client.state !== ClientState.Running || !this.announce.server.methods.includes(methods.diagnostics)) {
      return;
    }
    for (const args of this.problems.next(found)) {
      void this.client.sendNotification(methods.diagnostics, args);
    }
    this.later();
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.heard.dispose();
  }
}

function found(uri: string): Diagnostic[] {
  const others = vscode.languages.getDiagnostics(vscode.Uri.parse(uri)).filter((d) => d.source !== "slop-ls");
  return others.map((d) => ({
    range: { start: plainPosition(d.range.start), end: plainPosition(d.range.end) },
    severity: d.severity + 1,
    ...(d.source === undefined ? {} : { source: d.source }),
    message: d.message,
  }));
}

function plainPosition(p: vscode.Position): { line: number; character: number } {
  return { line: p.line, character: p.character };
}

/** Saves files that were saved before the server edited them. */
async function save(args: SaveArgs): Promise<null> {
  const wanted = new Set(args.uris.map((uri) => vscode.Uri.parse(uri).toString()));
  for (const document of vscode.workspace.textDocuments) {
    if (document.isDirty && wanted.has(document.uri.toString())) {
      await document.save();
    }
  }
  return null;
}
