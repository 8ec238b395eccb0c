// Where the tickets of a track stand in its graph: in columns, each behind all that it depends on. It knows no browser.

export interface Node {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface Place {
  readonly id: string;
  readonly column: number;
  readonly row: number;
}

/**
 * Columns by the longest way from the start, as Sugiyama's method does; rows by the mean row of what a ticket depends on,
 * then by the order of the file. A circle, which a track with errors may have, is broken where it is met.
 */
export function layout(nodes: readonly Node[]): Place[] {
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const column = new Map<string, number>();
  const depth = (id: string, way: ReadonlySet<string>): number => {
    const known = column.get(id);
    if (known !== undefined) {
      return known;
    }
    const before = (byId.get(id)?.dependsOn ?? []).filter((d) => byId.has(d) && !way.has(d));
    const found = before.reduce((deepest, d) => Math.max(deepest, depth(d, new Set(way).add(id)) + 1), 0);
    column.set(id, found);
    return found;
  };
  const columns: Node[][] = [];
  for (const n of nodes) {
    (columns[depth(n.id, new Set([n.id]))] ??= []).push(n);
  }
  const row = new Map<string, number>();
  return columns.flatMap((inColumn, c) =>
    inColumn
      .map((n, i) => ({ n, i, pull: mean(n.dependsOn.flatMap((d) => row.get(d) ?? [])) ?? i }))
      .sort((a, b) => a.pull - b.pull || a.i - b.i)
      .map(({ n }, r) => {
        row.set(n.id, r);
        return { id: n.id, column: c, row: r };
      }),
  );
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}
