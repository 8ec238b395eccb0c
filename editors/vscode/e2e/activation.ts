// How long the extension's activate() takes in the workbench, by the extension's own account: a figure for who asks.
import { loadavg } from "node:os";
import { activation, type Activation } from "./inside.ts";
import { Lab } from "./lab.ts";

const starts = Number(process.env["COUNT"] ?? 3);
const source = { "main.go": "package main\n\nfunc main() {}\n" };
const track = { ".slop/tracks/first.track.yaml": "title: First\ntickets:\n  - id: T1\n    description: Look at it\n    target_file: main.go\n" };

const lab = await Lab.open();
try {
  const load = loadavg()[0] ?? 0;
  console.log(`load ${load.toFixed(1)}, ${starts} starts of the workbench each, milliseconds, the median and all`);
  await measure("in a folder without tracks, asked for", lab.repo("plain", source));
  await measure("in a folder with tracks, woken by them", lab.repo("tracks", { ...source, ...track }));
} finally {
  await lab.close();
}

async function measure(what: string, folder: string): Promise<void> {
  const seen: Activation[] = [];
  for (let i = 0; i < starts; i++) {
    seen.push(await activation(lab, folder));
  }
  console.log(`${what}: activate() ${figures(seen.map((a) => a.activatedIn))}`);
  const asked = seen.filter((a) => !a.woken);
  if (asked.length > 0) {
    console.log(`  with its code read, from asking until it was there: ${figures(asked.map((a) => a.awaited))}`);
  }
}

/** The median, and all. */
function figures(of: number[]): string {
  const sorted = of.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(of.length / 2)] ?? NaN;
  return `${median.toFixed(1)} (${of.map((n) => n.toFixed(1)).join(", ")})`;
}
