// What the names of files and documents say. It knows nothing of VS Code.

const trackSuffix = /\.track\.(ya?ml|json)$/;

/** The endings of a track's document, in the order in which they are looked for. */
export const trackSuffixes = [".track.yaml", ".track.yml", ".track.json"];

/** Whether a path is a track's document. */
export function isTrack(path: string): boolean {
  return trackSuffix.test(path);
}

/** The id of a track by its path in the workspace. */
export function trackId(path: string): string {
  return path.replace(trackSuffix, "");
}

/** The id of the approval that a Review… document is about, by its name and its first line. */
export function reviewOf(path: string, firstLine: string): string | undefined {
  const id = /[/\\](A\d+)\.md$/.exec(path)?.[1];
  return id !== undefined && firstLine.includes(`slop:review ${id} `) ? id : undefined;
}

/** The scheme of the server's read-only documents. */
export const documentScheme = "slop-ls";

/**
 * A name for a workspace folder that can stand in a path. Two folders may have documents of one name, so the editor
 * knows them as slop-ls:/KEY/plan/…, and each server without the key.
 */
export function folderKey(name: string, uri: string): string {
  let hash = 0x811c9dc5; // FNV-1a
  for (const c of new TextEncoder().encode(uri)) {
    hash = Math.imul(hash ^ c, 0x01000193) >>> 0;
  }
  return `${name.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 24)}-${hash.toString(16).padStart(8, "0")}`;
}

/** The path of a server's document as the editor knows it. */
export function keyed(key: string, path: string): string {
  return `/${key}${path.startsWith("/") ? "" : "/"}${path}`;
}

/** The server's path of a document that the editor knows; undefined where it is another folder's. */
export function unkeyed(key: string, path: string): string | undefined {
  return path.startsWith(`/${key}/`) ? path.slice(key.length + 1) : undefined;
}

/** A document's path and query, as far as they name it. */
export interface Place {
  path: string;
  query: string;
}

/**
 * The place of one side of a diff: that of the file that it is about, so that the editor takes both sides for one file and
 * not for a renamed one. What the server calls it stands in the query.
 */
export function beside(file: string, side: Place): Place {
  return { path: file, query: new URLSearchParams({ side: side.path, text: side.query }).toString() };
}

/** The place of a document without what beside has made of it. */
export function placed(of: Place): Place {
  const query = new URLSearchParams(of.query);
  const path = query.get("side");
  return path === null ? of : { path, query: query.get("text") ?? "" };
}

/** The ticket whose undo a document shows, by the server's path of it; undefined where it shows none. */
export function undoOf(path: string): { track: string; ticket: string } | undefined {
  const parts = /^\/(?:before|after)\/undo\/([^/]+)\/([^/]+)\//.exec(path);
  const [track, ticket] = [parts?.[1], parts?.[2]].map((part) => (part === undefined ? undefined : plain(part)));
  return track === undefined || ticket === undefined ? undefined : { track, ticket };
}

/** The approval whose change a document shows, by the server's path of it; undefined where it shows none. */
export function askedOf(path: string): string | undefined {
  return /^\/(?:before|after)\/approval\/(A\d+)\//.exec(path)?.[1];
}

/** Undoes the server's escapes: ~ and two hex digits are a byte, a single ~ is nothing. */
function plain(segment: string): string {
  if (segment === "~") {
    return "";
  }
  const bytes: number[] = [];
  for (let i = 0; i < segment.length; i++) {
    if (segment[i] === "~") {
      bytes.push(Number.parseInt(segment.slice(i + 1, i + 3), 16));
      i += 2;
    } else {
      bytes.push(segment.charCodeAt(i));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
