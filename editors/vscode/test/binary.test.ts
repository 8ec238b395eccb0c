import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProgram } from "../src/binary";

const root = mkdtempSync(join(tmpdir(), "slop-"));

function program(folder: string, mode = 0o755): string {
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(root, folder, "slop-ls");
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, mode);
  return path;
}

describe("the program", () => {
  it("is the configured one, or none", () => {
    const path = program("own");
    expect(findProgram(path, {}, false)).toBe(path);
    expect(findProgram(join(root, "nowhere", "slop-ls"), { PATH: join(root, "own") }, false)).toBeUndefined();
  });

  it("is looked for on PATH, then in Go's bin folder", () => {
    const onPath = program("path");
    const inGo = program(join("go", "bin"));
    const env = { PATH: ["", join(root, "empty"), join(root, "path")].join(delimiter), GOPATH: join(root, "go") };
    expect(findProgram("", env, false)).toBe(onPath);
    expect(findProgram("", { ...env, PATH: "" }, false)).toBe(inGo);
    expect(findProgram("", { PATH: "", GOBIN: join(root, "empty") }, false)).toBeUndefined();
  });

  it("is nothing that cannot be run", () => {
    program("dull", 0o644);
    mkdirSync(join(root, "folder", "slop-ls"), { recursive: true });
    const env = { PATH: [join(root, "dull"), join(root, "folder")].join(delimiter), GOBIN: join(root, "empty") };
    expect(findProgram("", env, false)).toBeUndefined();
  });
});
