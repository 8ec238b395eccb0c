// Where the arrow keys lead in a graph. It knows no browser.
import type { Place } from "./layout";

const steps: Record<string, [dx: number, dy: number]> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/**
 * The ticket that a key leads to: up and down within a column, left and right to the nearest in the next one, Home and End
 * to the first and the last of all. Undefined where it leads nowhere.
 */
export function moved(places: readonly Place[], from: string | undefined, key: string): string | undefined {
  if (key === "Home" || key === "End") {
    return (key === "Home" ? places[0] : places.at(-1))?.id;
  }
  const step = steps[key];
  const at = places.find((p) => p.id === from);
  if (!step || !at) {
    return step ? places[0]?.id : undefined;
  }
  const [dx, dy] = step;
  const wanted = at.row + dy;
  const column = places.filter((p) => p.column === at.column + dx && (dx !== 0 || p.row === wanted));
  return column.sort((a, b) => Math.abs(a.row - wanted) - Math.abs(b.row - wanted))[0]?.id;
}
