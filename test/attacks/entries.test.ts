/** A neighbour in a directory session, with a valid key, that sends what it should not. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/gossamer/core/entry.js';
import { drawSigningKey } from '../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../src/runtime/steady-time.js';
import { AUTHOR, bodiesAt, entryOf, startDirectory } from '../overlay/entries/support.js';
import { eventually, idOf, neighboursOf, type Station } from '../overlay/support.js';
import { startLiar } from './lying-scx.js';

/** Two honest SCXs, of which the first has a liar as a neighbour. */
async function startAttacked() {
  const stations = (await startDirectory(2)) as [Station, Station];
  const liar = await startLiar();
  await liar.feed(stations[0]);
  await eventually(() => neighboursOf(stations[0]).includes(liar.id));
  const push = (...entries: Entry[]): void => liar.say({ kind: 'entries', isNews: true, entries });
  return { stations, push };
}

const isLeft = ({ events, overlay }: Station): boolean =>
  overlay.counters.malformedFrames.forged > 0 &&
  events.some((event) => event.kind === 'edgeDown' && event.member.id === idOf(7));

const malice = (name: string, entry: () => Entry) => ({ name, entry });

describe('A neighbour is left at once that sends an entry', () => {
  test.each([
    malice('with an altered body', () => ({ ...entryOf(1), body: Uint8Array.of(6, 6, 6) })),
    malice('with another slot', () => ({ ...entryOf(1), slot: 2 })),
    malice('with a later time', () => {
      const entry = entryOf(1);
      return { ...entry, issuedMs: entry.issuedMs + 1 };
    }),
    malice('with a longer life', () => ({ ...entryOf(1), lifeMs: 3_600_000 })),
    malice('of another session', () => entryOf(1, {}, AUTHOR, 'scattercast://radio.example/other')),
    malice('in the name of another author', () => {
      const { author } = entryOf(1);
      return { ...entryOf(1, {}, drawSigningKey()), author };
    }),
  ])('$name', async ({ entry }) => {
    const { stations, push } = await startAttacked();
    push(entry());
    await eventually(() => isLeft(stations[0]));
    expect(stations.map(bodiesAt)).toEqual([[], []]);
  });
});

describe('An honest entry stays as it was', () => {
  test('when an older, an expired and a future one come', async () => {
    const { stations, push } = await startAttacked();
    const held = entryOf(1);
    stations[1].overlay.feed({ kind: 'publishEntries', entries: [held] });
    await eventually(() => stations.every((one) => bodiesAt(one).length === 1));
    const now = steadyTimeMs();
    push(
      entryOf(1, { issuedMs: held.issuedMs - 1, body: Uint8Array.of(5) }),
      entryOf(2, { issuedMs: now - 60_000, lifeMs: 59_000 }),
      entryOf(3, { issuedMs: now + 700_000 }),
      entryOf(4),
    );
    await eventually(() => stations.every((one) => bodiesAt(one).includes('0104')));
    expect(stations.map(bodiesAt)).toEqual([
      ['0101', '0104'],
      ['0101', '0104'],
    ]);
  });

  test('and those of others pass, while one key issues 10,000 entries', async () => {
    const { stations, push } = await startAttacked();
    const flooder = drawSigningKey();
    const now = steadyTimeMs();
    for (let round = 0; round < 40; round++) {
      const slots = Array.from({ length: 250 }, (_, slot) => slot);
      const entries = slots.map((slot) => entryOf(slot, { issuedMs: now + round }, flooder));
      for (let at = 0; at < entries.length; at += 16) push(...entries.slice(at, at + 16));
    }
    stations[1].overlay.feed({ kind: 'publishEntries', entries: [entryOf(1)] });
    await eventually(() => {
      const kept = [...stations[0].overlay.entries()];
      return kept.some(({ author }) => author === entryOf(1).author);
    });
    const kept = stations.map(({ overlay }) => [...overlay.entries()].length);
    expect(Math.max(...kept)).toBeLessThanOrEqual(250 + 1);
    expect(isLeft(stations[0])).toBe(false);
  });
});
