// What the rest of the extension knows of a client. client.ts makes one; it is loaded when the first is needed.
import type * as vscode from "vscode";

/** A client on one folder. */
export interface Link {
  /** The root of the server's workspace: the folder, or the top of the repository that it is in. */
  readonly root: vscode.Uri;
  /** Runs one of the server's commands. Errors are the server's own words. */
  run(command: string, args: object): Promise<unknown>;
  /** A URI of the server's as the editor knows it. */
  uri(text: string): vscode.Uri;
  /** Whether a document is a Review… document of this workspace. */
  reviews(uri: vscode.Uri): boolean;
  /** Tells the server that trust has changed. */
  settings(): void;
  stop(): Promise<void>;
}

/** Who is told by a client. */
export interface Told {
  /** The state has changed. */
  changed(): void;
  /** A model has said something. */
  streamed(): void;
  /** The connection ended and will not come back by itself. */
  lost(): void;
}
