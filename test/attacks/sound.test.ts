/**
 * The sound of a station, and strangers who want to be heard in its place, or want it not to be heard.
 * A liar is the only parent of a listening SCX, and passes on the true sound at first. When an honest
 * SCX is there, too, it lies. Whatever it does, the listener hears every ADU of the station, once, in
 * order, and nothing else.
 */
import { describe, expect, test } from 'vitest';
import type { Adu } from '../../src/gossamer/core/node.js';
import { drawSourceId } from '../../src/overlay/lots/source-id.js';
import { steadyTimeMs } from '../../src/runtime/steady-time.js';
import type { LotFrame } from '../../src/wire/lot-codec.js';
import { afterTest } from '../after-test.js';
import {
  announce,
  createAdus,
  eventually,
  frameOf,
  neighboursOf,
  SESSION,
  SOURCE,
  SOURCE_KEYS,
  STRANGER_KEY,
  type Station,
  sequencesOf,
  startStation,
} from '../overlay/support.js';
import { type Liar, startLiar } from './lying-scx.js';

/** Four frames that leave together, ten times a second, and a title with every tenth lot. */
function broadcast(studio: Station): void {
  announce(studio);
  let lots = 0;
  const publish = (adus: readonly Adu[]): void => {
    for (const adu of adus) studio.overlay.feed({ kind: 'publish', adu });
  };
  const timer = setInterval(() => {
    const first = 4 * lots;
    publish(createAdus([first, first + 1, first + 2, first + 3]));
    if (lots % 10 === 0) publish(createAdus([lots / 10], {}, 50, 2));
    lots++;
  }, 40);
  afterTest(() => clearInterval(timer));
}

interface Scene {
  readonly studio: Station;
  readonly listener: Station;
  readonly liar: Liar;
}

const flowOf = ({ overlay }: Station, channel = 1) =>
  overlay.view().sources[0]?.flows.find((flow) => flow.channel === channel);

/** The listener hears the station through the liar, and knows an honest SCX that hears it, too. */
async function stage(): Promise<Scene> {
  const studio = await startStation(1);
  broadcast(studio);
  const liar = await startLiar();
  await liar.listenTo(studio);
  const listener = await startStation(2);
  await liar.feed(listener);
  await eventually(() => flowOf(listener)?.parent === liar.id && flowOf(listener, 2)?.parent);
  await eventually(() => sequencesOf(listener).length > 20);
  const honest = await startStation(3, [studio.overlay.address, listener.overlay.address]);
  await eventually(() => sequencesOf(honest).length > 20 && neighboursOf(listener).length > 1);
  expect(flowOf(listener)?.parent).toBe(liar.id);
  return { studio, listener, liar };
}

/** What the listener is to hear: the station's own, without a hole, until well after now. */
async function hearsAll({ studio, listener }: Scene): Promise<void> {
  const end = (sequencesOf(studio).at(-1) ?? 0) + 100;
  await eventually(() => (sequencesOf(listener).at(-1) ?? 0) > end, 30_000);
  for (const channel of [1, 2]) {
    const heard = sequencesOf(listener, channel);
    const [first = 0] = heard;
    expect(heard).toEqual(heard.map((_, index) => first + index));
  }
  for (const { source, sequence, payload } of listener.delivered) {
    expect(source).toBe(SOURCE.id);
    expect(payload.every((byte) => byte === (sequence & 255))).toBe(true);
  }
}

const next = ({ listener }: Scene): number => (sequencesOf(listener).at(-1) ?? 0) + 1;

/** The station's own last lot of audio, with some bytes replaced from `at` on. */
function changed({ liar }: Scene, at: number, ...bytes: number[]): Uint8Array {
  const last = liar.lots.findLast(({ lot }) => lot.channel === 1) as LotFrame;
  const frame = last.frame.slice();
  frame.set(bytes, at);
  return frame;
}

/** Where a frame has the lengths of its payloads: behind its own header, the lot's and the signature. */
const LENGTHS_AT = 5 + 96;

function signedByStranger(sequence: number, details: object = {}, channel = 1): Uint8Array {
  return frameOf(createAdus([sequence], { key: STRANGER_KEY, ...details }, 50, channel)[0] as Adu);
}

describe('A parent that sends', () => {
  test.each<[string, 'lot' | 'forged', (scene: Scene) => Uint8Array]>([
    ['frames that a stranger has signed', 'forged', (scene) => signedByStranger(next(scene))],
    ['a number 2^47 ahead', 'forged', () => signedByStranger(2 ** 47)],
    [
      'the source of a key that is not listed',
      'forged',
      () => signedByStranger(0, { source: drawSourceId(STRANGER_KEY.publicKey) }),
    ],
    ['a changed byte', 'forged', (scene) => changed(scene, LENGTHS_AT + 500, 1, 2, 3)],
    [
      'a lot of another session',
      'forged',
      (scene) => frameOf(createAdus([next(scene)], { session: `${SESSION}-too` })[0] as Adu),
    ],
    ['an empty ADU', 'lot', (scene) => changed(scene, LENGTHS_AT, 0, 0)],
  ])('%s loses its connection, and nothing else is lost', async (_what, fault, lie) => {
    const scene = await stage();
    const { listener, liar } = scene;
    liar.onLot = () => undefined;
    liar.sendLot(1, lie(scene));
    await eventually(() => liar.lost > 0);
    expect(listener.overlay.counters.malformedFrames[fault]).toBeGreaterThan(0);
    await hearsAll(scene);
  });

  test('a forged title on channel 2 loses its connection, and the title stays the station’s', async () => {
    const scene = await stage();
    const { listener, liar } = scene;
    liar.sendLot(2, signedByStranger(2 ** 40, {}, 2));
    await eventually(() => listener.overlay.counters.malformedFrames.forged > 0);
    await hearsAll(scene);
  });

  test('lots that were heard before is heard once', async () => {
    const scene = await stage();
    const { liar } = scene;
    liar.onLot = ({ lot, frame }) => {
      liar.sendLot(lot.channel, frame);
      for (const old of liar.lots.slice(0, 3)) liar.sendLot(old.lot.channel, old.frame);
    };
    await hearsAll(scene);
  });

  test('what the station has signed eleven minutes ago is not heard', async () => {
    const scene = await stage();
    const { listener, liar } = scene;
    const now = (): number => steadyTimeMs() - 660_000;
    liar.onLot = ({ lot }) => {
      if (lot.channel === 1)
        liar.sendLot(1, frameOf(createAdus([lot.first], { now }, 9)[0] as Adu));
    };
    await eventually(() => listener.overlay.counters.lotsRefused.stale > 0);
    await hearsAll(scene);
  });
});

describe('A key that is taken out of the announcement', () => {
  test('is silent at once, wherever that is known, and costs no neighbour its connection', async () => {
    const { listener, studio } = await stage();
    const before = listener.overlay.counters.connectionsOut;
    listener.overlay.setSourceKeys([]);
    const last = listener.delivered.at(-1);
    const end = (sequencesOf(studio).at(-1) ?? 0) + 100;
    await eventually(() => (sequencesOf(studio).at(-1) ?? 0) > end);
    expect(listener.delivered.at(-1)).toBe(last);
    const { malformedFrames, lotsRefused, connectionsOut } = listener.overlay.counters;
    expect(lotsRefused.removed).toBeGreaterThan(0);
    expect(malformedFrames.forged).toBe(0);
    expect(connectionsOut).toBeLessThan(before + 10);
    listener.overlay.setSourceKeys(SOURCE_KEYS);
    await eventually(() => listener.delivered.at(-1) !== last);
  });
});

describe('A parent that', () => {
  test('forwards nothing is left', async () => {
    const scene = await stage();
    scene.liar.onLot = () => undefined;
    await hearsAll(scene);
  });

  test('says that the station has ended is not believed for long', async () => {
    const scene = await stage();
    const { liar } = scene;
    const { scx = liar.id } = liar.route ?? {};
    liar.onLot = () => undefined;
    liar.say({ kind: 'update', whole: true, routes: [], lost: [scx], withdrawn: [] });
    for (const channel of [1, 2]) {
      liar.sendData(channel, { kind: 'refused', source: SOURCE.id, channel });
    }
    await hearsAll(scene);
  });

  test('forwards half is left, or makes up for it', async () => {
    const scene = await stage();
    const { liar } = scene;
    let count = 0;
    liar.onLot = ({ lot, frame }) => {
      if (count++ % 2 === 0) liar.sendLot(lot.channel, frame);
    };
    await hearsAll(scene);
  });

  test('says that it begins far ahead makes nobody skip what comes', async () => {
    const scene = await stage();
    const { liar } = scene;
    liar.onLot = () => undefined;
    for (const channel of [1, 2]) {
      const source = SOURCE.id;
      liar.sendData(channel, { kind: 'subscribed', source, channel, from: 2 ** 47 });
      liar.sendData(channel, { kind: 'head', source, channel, next: 2 ** 47 });
      const range = { from: 2 ** 40, count: 60_000 };
      liar.sendData(channel, { kind: 'lost', source, channel, range });
    }
    await hearsAll(scene);
  });
});
