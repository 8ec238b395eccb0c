// What of the editor's settings the server is told. It knows nothing of VS Code.

/** What VS Code says of one setting, as far as it matters here. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** Settings that are this extension's own. */
const own = /^slop\.(server|trace)\./;

/** The settings of a manifest that are the server's, without the prefix. */
export function serverSettings(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith("slop.") && !own.test(name)).map((name) => name.slice("slop.".length));
}

/**
 * The settings that somebody has set, by their dotted names. What is only a default is left out: sent along it would
 * stand above what a person has written into their config file.
 */
export function explicit(
  names: readonly string[],
  inspect: (name: string) => Inspected | undefined,
  value: (name: string) => unknown,
): Record<string, unknown> {
  const set = names.filter((name) => {
    const about = inspect(name);
    return [about?.globalValue, about?.workspaceValue, about?.workspaceFolderValue].some((v) => v !== undefined && v !== null);
  });
  return Object.fromEntries(set.map((name) => [name, value(name)]));
}
