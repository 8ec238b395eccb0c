// What the names of files say. It knows nothing of VS Code.

const trackSuffix = /\.track\.(ya?ml|json)$/;

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
