// Where the program slop-ls is.
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

/** Finds the program: as it is configured, else on PATH, else in Go's bin folder. */
export function findProgram(configured: string, env: NodeJS.ProcessEnv, windows: boolean): string | undefined {
  const name = windows ? "slop-ls.exe" : "slop-ls";
  if (configured !== "") {
    const path = configured.replace(/^~(?=[/\\])/, homedir());
    return isAbsolute(path) ? runnable(path) : onPath(path, env);
  }
  const goBin = env["GOBIN"] ?? join(env["GOPATH"]?.split(delimiter)[0] ?? join(homedir(), "go"), "bin");
  return onPath(name, env) ?? runnable(join(goBin, name));
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const found = folder === "" ? undefined : runnable(join(folder, name));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function runnable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}
