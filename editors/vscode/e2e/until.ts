// Waiting for conditions: nothing is decided by time but when to give up.
import { setTimeout } from "node:timers/promises";

/** How long anything may take before a test gives up, in milliseconds. The machine may be loaded by others. */
export const patience = Number(process.env["PATIENCE"] ?? 120_000);
const pace = 20; // between two looks, so that looking leaves the machine to what is looked at

/**
 * Waits until ask gives something that is neither undefined nor false, and gives that. An error of ask means not yet; the
 * last one is the cause of the error with which this gives up.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = performance.now() + patience;
  let last: unknown;
  do {
    try {
      const got = await ask();
      if (got !== undefined && got !== false) {
        return got;
      }
    } catch (err) {
      last = err;
    }
    await setTimeout(pace);
  } while (performance.now() < end);
  throw new Error(`waited for ${what}, in vain`, { cause: last });
}
