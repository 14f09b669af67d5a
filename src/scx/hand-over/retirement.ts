/**
 * The retirement of an SCX: another one takes its place that cannot have its sockets, as it is on another
 * machine or in another container. So this one takes no more listeners, sends its broadcasters to the
 * other one, and ends when its listeners have gone, or after a time that its cluster says.
 */
import type { Logger } from 'pino';

export interface RetirementOptions {
  readonly log: Logger;
  /** Ms, monotonic. */
  now(): number;
  /** Tells the broadcasters to go elsewhere; encoders may stay for so long, ms. */
  sendSourcesAway(withinMs: number): Promise<void>;
  /** The front ends should learn it. */
  onChange(): void;
}

export interface Retirement {
  /** Begins it, once; `withinMs`: how long listeners may stay. */
  begin(withinMs: number): void;
  readonly isRetired: boolean;
  /** The time in which this SCX will have left, ms; undefined unless it retires. */
  readonly leavesWithinMs: number | undefined;
  /** The reason to leave now; `clients`: the listeners and sources at this moment. */
  endReason(clients: number): string | undefined;
}

/** Front ends must learn that this SCX leaves before it does, ms: they lead listeners here. Guess. */
const KNOWN_MS = 2000;

/** Creates an SCX that does not retire. */
export function createRetirement(options: RetirementOptions): Retirement {
  const { log, now, sendSourcesAway, onChange } = options;
  let since: number | undefined;
  let leavesBy = Number.POSITIVE_INFINITY;
  return {
    begin: (withinMs) => {
      if (since !== undefined) return;
      since = now();
      leavesBy = since + withinMs;
      log.info({ withinMs }, 'This SCX is replaced: it ends when its listeners have gone.');
      onChange();
      void sendSourcesAway(withinMs);
    },
    get isRetired() {
      return since !== undefined;
    },
    get leavesWithinMs() {
      return since === undefined ? undefined : Math.max(0, leavesBy - now());
    },
    endReason: (clients) => {
      if (since === undefined || now() < Math.min(leavesBy, since + KNOWN_MS)) return undefined;
      if (clients === 0) return 'it is replaced, and its clients have gone';
      return now() < leavesBy ? undefined : 'it is replaced, and the time for its clients is over';
    },
  };
}
