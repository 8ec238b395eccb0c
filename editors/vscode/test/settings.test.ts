import { describe, expect, it } from "vitest";
import { explicit } from "../src/settings";

describe("the settings that are sent", () => {
  it("are those that somebody has set, at any level, with the value that counts", () => {
    const all: Record<string, { globalValue?: unknown; workspaceValue?: unknown; workspaceFolderValue?: unknown; defaultValue?: unknown }> = {
      "mma.max_workers": { defaultValue: 4 },
      "mma.auto_queue": { defaultValue: true, globalValue: false },
      "mma.max_retries": { workspaceValue: 0 },
      "policy.deny": { workspaceFolderValue: [] },
      "editor.save": { globalValue: null },
    };
    const value = (name: string): unknown => ({ "mma.auto_queue": false, "mma.max_retries": 0, "policy.deny": [] })[name];
    expect(explicit([...Object.keys(all), "unknown"], (name) => all[name], value)).toEqual({ "mma.auto_queue": false, "mma.max_retries": 0, "policy.deny": [] });
  });
});
