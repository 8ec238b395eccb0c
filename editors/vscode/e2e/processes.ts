// The processes that a test starts, and those that these start: found, waited for and ended by their ids.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { until } from "./until.ts";

export interface Running {
  readonly pid: number;
  readonly command: string;
}

/** The processes of this machine whose command holds all the words. */
export function processes(...words: string[]): Running[] {
  const all = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
  return all.stdout.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return pid !== undefined && command !== undefined && words.every((w) => command.includes(w)) ? [{ pid: Number(pid), command }] : [];
  });
}

/** A child whose output is read by lines. */
export class Child {
  readonly process: ChildProcess;
  /** All that it has printed, for when something goes wrong. */
  output = "";

  /** Starts a process at the head of a group of its own. heard gets each line of its standard output. */
  constructor(command: string, args: string[], env: NodeJS.ProcessEnv, heard: (line: string) => void) {
    this.process = spawn(command, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const { stdout, stderr } = this.process;
    if (stdout === null || stderr === null) {
      throw new Error(`${command} has no output`);
    }
    createInterface(stdout).on("line", (line) => {
      this.output += `${line}\n`;
      heard(line);
    });
    stderr.on("data", (text: Buffer) => (this.output += text.toString()));
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Kills it and all of its group, as a crash would, and waits for its end. */
  async kill(): Promise<void> {
    const { pid } = this.process;
    if (pid === undefined || this.ended) {
      return;
    }
    const gone = once(this.process, "exit");
    process.kill(-pid, "SIGKILL");
    await gone;
    await until(`the end of the group of ${pid}`, () => groupEnded(pid));
  }
}

function groupEnded(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return false;
  } catch {
    return true;
  }
}
