// Holds package.json against the code, read as text: the code itself needs VS Code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands as onTheWire } from "../src/wire";

interface Manifest {
  contributes: {
    commands: { command: string; title: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    keybindings: { command: string }[];
    walkthroughs: { steps: { media: { markdown: string } }[] }[];
  };
}

const root = join(__dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const source = readFileSync(join(root, "src", "commands.ts"), "utf8");
const handled = [...source.matchAll(/^ {2}"(slop\.[a-zA-Z.]+)":/gm)].map((m) => m[1]).sort();

describe("package.json", () => {
  it("has the commands that the code has", () => {
    expect(manifest.contributes.commands.map((c) => c.command).sort()).toEqual(handled);
  });

  it("uses no name of the server's own commands, which the client registers", () => {
    const names = new Set<string>(Object.values(onTheWire));
    expect(handled.filter((name) => name !== undefined && names.has(name))).toEqual([]);
  });

  it("puts into menus and keys only what there is", () => {
    const used = [...Object.values(manifest.contributes.menus).flat(), ...manifest.contributes.keybindings].map((u) => u.command);
    expect(used.filter((name) => !handled.includes(name))).toEqual([]);
  });

  it("names pages of its walkthrough that are there", () => {
    for (const step of manifest.contributes.walkthroughs.flatMap((w) => w.steps)) {
      expect(readFileSync(join(root, step.media.markdown), "utf8").length).toBeGreaterThan(50);
    }
  });
});
