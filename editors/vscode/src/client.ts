// One client on one folder: how the program is started, what the client says it can do, and what it takes.
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type StaticFeature, type ClientCapabilities, type FeatureState } from "vscode-languageclient/node";
import { Known } from "./known";
import { methods, type SaveArgs, type State, type Stream } from "./wire";

/** What the rest of the extension may do with a client. */
export interface Link {
  /** Runs one of the server's commands. Errors are the server's own words. */
  run(command: string, args: object): Promise<unknown>;
  stop(): Promise<void>;
}

interface Told {
  changed(): void;
  streamed(): void;
}

/** Says that this client takes slop-ls's own notifications, and that typing cannot answer its prompts. */
class Announce implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      slop: { state: true, stream: true, prompts: true, batch: true, save: true },
    };
  }
  initialize(): void {
    // Nothing depends on what the server answers.
  }
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {
    // Nothing is kept.
  }
}

const languages = [
  "c", "cpp", "csharp", "go", "java", "javascript", "javascriptreact", "kotlin", "lua", "php", "python", "ruby", "rust", "scala",
  "shellscript", "swift", "typescript", "typescriptreact",
];

/** Starts the program for a folder and waits until it has said what it can do. */
export async function startClient(
  folder: vscode.WorkspaceFolder,
  program: string,
  log: vscode.LogOutputChannel,
  told: Told,
): Promise<{ link: Link; known: Known }> {
  const settings = vscode.workspace.getConfiguration("slop", folder);
  const pattern = `${folder.uri.fsPath}/**/*`;
  const options: LanguageClientOptions = {
    workspaceFolder: folder,
    documentSelector: [
      ...languages.map((language) => ({ scheme: "file", language, pattern })),
      { scheme: "file", pattern: `${folder.uri.fsPath}/**/*.track.{yaml,yml,json}` },
      { scheme: "slop-ls" }, // the server's own read-only documents
      { scheme: "file", language: "markdown", pattern: "**/slop-ls/**/review/*.md" },
    ],
    outputChannel: log,
    initializationOptions: { slop: { trusted: vscode.workspace.isTrusted } },
  };
  const client = new LanguageClient(
    "slop",
    `slop-ls (${folder.name})`,
    { command: program, args: [...settings.get<string[]>("server.args", []), "--stdio"], options: { cwd: folder.uri.fsPath } },
    options,
  );
  client.registerFeature(new Announce());
  const known = new Known();
  client.onNotification(methods.state, (state: State) => {
    if (known.apply(state)) {
      told.changed();
    } else {
      log.warn("a state does not follow what is known; it is shown again once the connection is restarted");
    }
  });
  client.onNotification(methods.stream, (piece: Stream) => {
    known.hear(piece);
    told.streamed();
  });
  client.onRequest(methods.save, save);
  await client.start();
  return {
    known,
    link: {
      run: (command, args) => client.sendRequest("workspace/executeCommand", { command, arguments: [args] }),
      stop: () => client.stop(),
    },
  };
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
