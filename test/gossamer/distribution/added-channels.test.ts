/** Channels that a session gets while it is on the air, in a sparse mesh of SCXs of which some learn it later. */
import { expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createWorld } from '../../../src/simulator/world/world.js';

const SLIDES = 7;

function play() {
  const received: { readonly scx: number; readonly sequence: number }[] = [];
  const requests = { count: 0 };
  const world = createWorld({
    ...{ seed: 1, config: { ...FAST, addedEdgesMax: 1, acceptedEdgesMax: 2 }, delayMs: () => 10 },
    observers: [
      {
        onDeliver: ({ index }, { channel, sequence }) => {
          if (channel === SLIDES) received.push({ scx: index, sequence });
        },
        onEffect: (_scx, effect) => {
          if (effect.kind === 'sendData' && effect.message.channel === SLIDES) requests.count++;
        },
      },
    ],
  });
  for (let index = 0; index < 5; index++) world.at(200 * index, () => void world.add());
  world.runUntil(20_000);
  const [home] = world.scxs;
  const source = world.broadcast(home as (typeof world.scxs)[number], 50) as SourceId;
  world.runUntil(30_000);
  const show = (sequence: number): void => {
    const payload = new Uint8Array(1000);
    const adu = { source, channel: SLIDES, sequence, timestampMs: world.now(), payload };
    home?.feed({ kind: 'publish', adu });
    world.runUntil(world.now() + 5000);
  };
  /** These SCXs know of the channel from now on, and are told again each two seconds. */
  const learn = (...indexes: readonly number[]): void => {
    const tell = (): void => {
      for (const index of indexes) {
        world.scxs[index]?.feed({ kind: 'addChannels', channels: [1, SLIDES] });
      }
      world.at(world.now() + 2000, tell);
    };
    tell();
  };
  const having = (sequence: number): number[] =>
    received
      .filter((each) => each.sequence === sequence)
      .map(({ scx }) => scx)
      .toSorted((a, b) => a - b);
  return { world, show, learn, having, requests };
}

test('A channel that is added on the air is carried to all SCXs that know of it', () => {
  const { show, learn, having } = play();
  show(0);
  expect(having(0)).toEqual([]);
  learn(0, 1, 2, 3, 4);
  show(1);
  expect(having(1)).toEqual([0, 1, 2, 3, 4]);
  show(2);
  expect(having(2)).toEqual([0, 1, 2, 3, 4]);
});

test('An SCX whose parent learns of an added channel later does not ask for it without pause', () => {
  const { world, show, learn, having, requests } = play();
  learn(4, 3, 2);
  world.runUntil(world.now() + 60_000);
  // Each of the three asks its neighbours now and then, while the sound goes on as before.
  expect(requests.count).toBeLessThan(150);
  learn(0, 1);
  world.runUntil(world.now() + 10_000);
  show(0);
  expect(having(0)).toEqual([0, 1, 2, 3, 4]);
});

test('No more channels are added than an announcement may have', () => {
  const { world, show, having } = play();
  const many = Array.from({ length: 40 }, (_, index) => 100 + index);
  for (const scx of world.scxs) scx.feed({ kind: 'addChannels', channels: [...many, SLIDES] });
  show(0);
  expect(having(0)).toEqual([]);
  const flows = world.scxs[0]?.gossamer.view().sources[0]?.flows ?? [];
  expect(flows).toHaveLength(16);
});
