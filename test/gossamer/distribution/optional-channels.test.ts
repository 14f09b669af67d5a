/** Channels that travel only where somebody wants them, in a sparse mesh of five SCXs; the source is at the first. */
import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createWorld } from '../../../src/simulator/world/world.js';

const LOW = 243;
const OTHER = 244;
const LAST = 4;

function play() {
  const demands: (readonly number[])[] = [];
  const received: { readonly scx: number; readonly sequence: number }[] = [];
  const world = createWorld({
    ...{ seed: 1, config: { ...FAST, addedEdgesMax: 1, acceptedEdgesMax: 2 }, delayMs: () => 10 },
    observers: [
      {
        onDeliver: ({ index }, { channel, sequence }) => {
          if (channel === LOW) received.push({ scx: index, sequence });
        },
        onEffect: ({ index }, effect) => {
          if (effect.kind !== 'notify' || effect.event.kind !== 'demand') return;
          expect(index).toBe(0);
          demands.push(effect.event.channels);
        },
      },
    ],
  });
  for (let index = 0; index < 5; index++) world.at(200 * index, () => void world.add());
  world.runUntil(20_000);
  const [home] = world.scxs;
  const source = world.broadcast(home as (typeof world.scxs)[number], 50) as SourceId;
  world.runUntil(25_000);
  const pass = (ms: number): void => world.runUntil(world.now() + ms);
  const set = (scx: number, offered: readonly number[], wanted: readonly number[] = []): void => {
    world.scxs[scx]?.feed({ kind: 'optionalChannels', offered, wanted });
  };
  let next = 0;
  /** The source sends an ADU of the channel; returns which SCXs get it. */
  const send = (): readonly number[] => {
    const sequence = next++;
    const payload = new Uint8Array(200);
    const adu = { source, channel: LOW, sequence, timestampMs: world.now(), payload };
    home?.feed({ kind: 'publish', adu });
    pass(1000);
    return received.filter((one) => one.sequence === sequence).map(({ scx }) => scx);
  };
  return {
    demands,
    pass,
    set,
    send,
    offer: () => [0, 1, 2, 3, LAST].map((scx) => set(scx, [LOW])),
  };
}

describe('An optional channel', () => {
  test('is asked of the source only while somebody wants it, and reaches who wants it', () => {
    const { demands, pass, set, send, offer } = play();
    offer();
    pass(1000);
    expect(demands).toEqual([]);
    set(LAST, [LOW], [LOW]);
    pass(1000);
    expect(demands).toEqual([[LOW]]);
    expect(send()).toContain(LAST);
    set(LAST, [LOW]);
    pass(60_000);
    expect(demands).toEqual([[LOW], []]);
    expect(send()).not.toContain(LAST);
  });

  test('that the SCX of the source does not offer is not asked of it', () => {
    const { demands, pass, set, offer } = play();
    offer();
    set(LAST, [OTHER], [OTHER]);
    pass(20_000);
    expect(demands).toEqual([]);
  });

  test('that is wanted and not wanted ten times a second is asked of the source once', () => {
    const { demands, pass, set, offer } = play();
    offer();
    for (let turn = 0; turn < 100; turn++) {
      set(LAST, [LOW], turn % 2 === 0 ? [LOW] : []);
      pass(100);
    }
    expect(demands).toEqual([[LOW]]);
  });
});
