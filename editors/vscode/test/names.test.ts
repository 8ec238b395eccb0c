import { describe, expect, it } from "vitest";
import { askedOf, beside, folderKey, isTrack, keyed, placed, trackId, undoOf, unkeyed } from "../src/names";

describe("names", () => {
  it.each([
    [".slop/tracks/a.track.yaml", ".slop/tracks/a"],
    ["b.track.yml", "b"],
    ["c/d.track.json", "c/d"],
  ])("%s is the track %s", (path, id) => {
    expect(isTrack(path)).toBe(true);
    expect(trackId(path)).toBe(id);
  });

  it.each(["a.yaml", "a.track.toml", "track.yaml"])("%s is none", (path) => expect(isTrack(path)).toBe(false));

  it("tells folders of one name apart, in characters that stand in a path", () => {
    const [a, b] = [folderKey("my repo ü", "file:///a/my%20repo"), folderKey("my repo ü", "file:///b/my%20repo")];
    expect(a).not.toBe(b);
    expect(a).toMatch(/^my-repo---[0-9a-f]{8}$/);
    expect(folderKey("my repo ü", "file:///a/my%20repo")).toBe(a);
  });

  it("gives a server its own documents and no other's", () => {
    const path = keyed("repo-1", "/plan/x.md");
    expect(path).toBe("/repo-1/plan/x.md");
    expect(unkeyed("repo-1", path)).toBe("/plan/x.md");
    expect(unkeyed("repo", path)).toBeUndefined();
    expect(unkeyed("repo-2", path)).toBeUndefined();
  });

  it("gives both sides of a diff the place of the file, and finds them again", () => {
    const sides = ["before", "after"].map((side) => ({ path: keyed("repo-1", `/${side}/diff/a/T1/x y&=~.go`), query: "0123abcd" }));
    const shown = sides.map((side) => beside("/w/x y&=~.go", side));
    expect(shown.map((s) => s.path)).toEqual(["/w/x y&=~.go", "/w/x y&=~.go"]);
    expect(shown.map(placed)).toEqual(sides);
    expect(placed({ path: "/repo-1/status.md", query: "" })).toEqual({ path: "/repo-1/status.md", query: "" });
  });

  it.each([
    ["/after/approval/A12/a/b.go", "A12"],
    ["/after/approval/x/a.go", undefined],
    ["/after/diff/approval/A1/a.go", undefined],
  ])("%s shows what %s would change", (path, want) => expect(askedOf(path)).toBe(want));

  it.each([
    ["/after/undo/~2eslop~2ftracks~2fmain/T1/a.go", { track: ".slop/tracks/main", ticket: "T1" }],
    ["/before/undo/m~c3~bcr/~/a/b.go", { track: "mür", ticket: "" }],
    ["/after/diff/main/T1/a.go", undefined],
    ["/undo/main/T1.md", undefined],
  ])("%s shows the undo %j", (path, want) => expect(undoOf(path)).toEqual(want));
});
