// Messages whose words are the server's, or a model's.
import * as vscode from "vscode";
import { MessageType, ShowMessageNotification, ShowMessageRequest, type LanguageClient } from "vscode-languageclient/node";
import { unlinked } from "./words";

/**
 * Shows a client's messages and prompts as the library would, but for links: the editor makes one that runs a command of
 * [words](command:…), and the words of a ticket may have been written by anybody.
 */
export function showMessages(client: LanguageClient): void {
  client.onNotification(ShowMessageNotification.type, (said) => void show(said.type)(unlinked(said.message)));
  client.onRequest(ShowMessageRequest.type, async (asked) => (await show(asked.type)(unlinked(asked.message), ...(asked.actions ?? []))) ?? null);
}

type Show = <T extends vscode.MessageItem>(message: string, ...items: T[]) => Thenable<T | undefined>;

function show(type: MessageType): Show {
  switch (type) {
    case MessageType.Error:
      return vscode.window.showErrorMessage;
    case MessageType.Warning:
      return vscode.window.showWarningMessage;
    default:
      return vscode.window.showInformationMessage;
  }
}
