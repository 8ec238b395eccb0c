// Holds package.json against the code, read as text: the code itself needs VS Code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serverSettings } from "../src/settings";
import { commands as onTheWire } from "../src/wire";

interface Manifest {
  activationEvents: string[];
  contributes: {
    commands: { command: string; title: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    keybindings: { command: string; key: string; when?: string }[];
    configuration: { properties: Record<string, { default: unknown }> }[];
    viewsWelcome: { contents: string }[];
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

  it("puts no key where it could be typed into a text by accident", () => {
    for (const { key, when } of manifest.contributes.keybindings) {
      expect(key).toMatch(/^ctrl\+alt\+/);
      expect(when).toMatch(/slop\./);
    }
  });

  it("is activated by tracks alone", () => {
    expect(manifest.activationEvents.filter((e) => !/^workspaceContains:.*(track|\.slop)|^onWebviewPanel:slop\./.test(e))).toEqual([]);
  });

  it("links in its views and its walkthrough to commands that there are", () => {
    const texts = JSON.stringify([manifest.contributes.viewsWelcome, manifest.contributes.walkthroughs]);
    const linked = [...texts.matchAll(/command:([a-zA-Z.]+)/g)].map((m) => m[1] ?? "");
    expect(linked.length).toBeGreaterThan(5);
    expect(linked.filter((name) => name.startsWith("slop.") && !handled.includes(name))).toEqual([]);
  });

  it("tells the server of the server's settings alone", () => {
    const names = manifest.contributes.configuration.flatMap((part) => Object.keys(part.properties));
    const theirs = serverSettings(names);
    expect(theirs).toContain("mma.max_workers");
    expect(names.filter((name) => !theirs.includes(name.slice("slop.".length)))).toEqual(["slop.server.path", "slop.server.args", "slop.trace.server"]);
  });

  it("names pages of its walkthrough that are there", () => {
    for (const step of manifest.contributes.walkthroughs.flatMap((w) => w.steps)) {
      expect(readFileSync(join(root, step.media.markdown), "utf8").length).toBeGreaterThan(50);
    }
  });
});
