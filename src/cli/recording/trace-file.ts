/**
 * A trace of a simulated run: a line of JSON for each message, delivery and event, in their order.
 * `jq` and everything else that reads JSON lines can look into a run with it (docs/lab.md).
 *
 * A line has the simulated time, the index of the SCX, and the kind of what it did. Bytes are
 * hexadecimal; infinite numbers, which JSON does not have, are null.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Effect } from '../../gossamer/core/effects.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import type { SimulatedScx } from '../../simulator/world/simulated-scx.js';
import type { Observer } from '../../simulator/world/world.js';

/** Text is written in pieces of this length. */
const PIECE = 1 << 16;

const readable = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

/** One line of a trace, with its line feed. */
function traceLine(scx: SimulatedScx, effect: Effect, now: number): string {
  const head = { ms: Number(now.toFixed(3)), scx: scx.index };
  // The id of an SCX says little: an address has its index.
  const to = effect.kind === 'sendData' ? { to: effect.to.address } : {};
  return `${JSON.stringify({ ...head, ...effect, ...to }, readable)}\n`;
}

/** Plays a run of which a trace is written to a file or, without one, is not. */
export function tracingTo<Report>(
  path: string | undefined,
  play: (observers: readonly Observer[]) => Report,
): Report {
  if (path === undefined) return play([]);
  const attempt = <Value>(act: () => Value): Value => {
    try {
      return act();
    } catch (error) {
      throw new UserError(EXIT.file, `cannot write the trace ${path} (${systemReason(error)})`);
    }
  };
  const file = attempt(() => openSync(path, 'w'));
  let text = '';
  const flush = (): void => {
    attempt(() => writeSync(file, text));
    text = '';
  };
  try {
    const onEffect: Observer['onEffect'] = (scx, effect, now) => {
      text += traceLine(scx, effect, now);
      if (text.length >= PIECE) flush();
    };
    return play([{ onEffect }]);
  } finally {
    flush();
    closeSync(file);
  }
}
