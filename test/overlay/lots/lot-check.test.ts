import { beforeEach, describe, expect, test } from 'vitest';
import type { Adu } from '../../../src/gossamer/core/node.js';
import {
  type CheckLot,
  createLotCheck,
  type LotRefusal,
} from '../../../src/overlay/lots/lot-check.js';
import { lotFrames } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { createSourceTrust, type SourceTrust } from '../../../src/overlay/lots/source-trust.js';
import { CLOCKS_MS_MAX } from '../../../src/runtime/steady-time.js';
import { decodeLot, encodeLot, type LotFrame } from '../../../src/wire/lot-codec.js';
import { createAdus, SESSION, SOURCE_KEYS, STATION_KEY, STRANGER_KEY } from '../support.js';

let clock = 0;
let trust: SourceTrust;
let check: CheckLot;
let refused: LotRefusal[] = [];
const now = (): number => clock;
const isLive = (channel: number): boolean => channel === 1;

beforeEach(() => {
  clock = 1_000_000_000;
  refused = [];
  trust = createSourceTrust(SOURCE_KEYS, now);
  const onRefused = (why: LotRefusal): void => void refused.push(why);
  check = createLotCheck({ session: SESSION, isLive, trust, now, onRefused });
});

const decode = (bytes: Uint8Array): LotFrame => {
  const found = decodeLot(bytes);
  if (!found.ok) throw new Error(found.problems[0]);
  return found.value;
};

/** The frame as it comes: an own copy. */
const frameOf = (adus: readonly Adu[]): LotFrame =>
  decode((lotFrames(adus)[0] as Uint8Array).slice());

const sign = (more: Parameters<typeof createAdus>[1] = {}, channel = 1): Adu[] =>
  createAdus([4, 5, 6, 7], { now, ...more }, 100, channel);

const numbersOf = (frame: LotFrame): number[] | LotRefusal => {
  const checked = check(frame);
  return checked.kind === 'refused' ? checked.why : checked.adus.map(({ sequence }) => sequence);
};

describe('A lot', () => {
  test('of a listed key is believed, whole and in every part', () => {
    const adus = sign();
    expect(numbersOf(frameOf(adus))).toEqual([4, 5, 6, 7]);
    const payloads = adus.map(({ payload }, index) => (index === 2 ? payload : undefined));
    const lot = adus[0]?.lot;
    if (lot === undefined) throw new Error('not signed');
    expect(numbersOf(decode(encodeLot(lot, payloads)))).toEqual([6]);
    expect(refused).toEqual([]);
  });

  test('whose parts come one by one is one lot, so that they are forwarded together', () => {
    const adus = sign();
    const lots = adus.map((_, part) => {
      const payloads = adus.map(({ payload }, index) => (index === part ? payload : undefined));
      const checked = check(decode(encodeLot(adus[0]?.lot as never, payloads)));
      return checked.kind === 'believed' ? checked.adus[0]?.lot : undefined;
    });
    expect(new Set(lots).size).toBe(1);
  });

  test('of which any byte is changed is refused, also if the true one was seen before', () => {
    const frame = lotFrames(sign())[0] as Uint8Array;
    expect(numbersOf(decode(frame.slice()))).toHaveLength(4);
    let believed = 0;
    for (let at = 6; at < frame.length; at += 3) {
      const changed = frame.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      const found = decodeLot(changed);
      if (found.ok && check(found.value).kind === 'believed') believed++;
    }
    expect(believed).toBe(0);
    expect(refused).toContain('forged');
  });

  test('of another session is refused', () => {
    expect(numbersOf(frameOf(sign({ session: `${SESSION}-too` })))).toBe('forged');
  });

  test('of a key that is not listed is refused, whatever source it claims', () => {
    expect(numbersOf(frameOf(sign({ key: STRANGER_KEY })))).toBe('forged');
    const own = drawSourceId(STRANGER_KEY.publicKey);
    expect(numbersOf(frameOf(sign({ key: STRANGER_KEY, source: own })))).toBe('unlisted');
  });

  test('of long ago, or of a time to come, is refused', () => {
    const [lot, title, future] = [
      frameOf(sign()),
      frameOf(sign({}, 2)),
      frameOf(sign({ now: () => clock + CLOCKS_MS_MAX + 1 })),
    ];
    expect(numbersOf(future)).toBe('stale');
    clock += CLOCKS_MS_MAX;
    expect(numbersOf(lot)).toHaveLength(4);
    clock++;
    expect(numbersOf(lot)).toBe('stale');
    // A title holds until there is another.
    expect(numbersOf(title)).toHaveLength(4);
  });

  test('of a key that is taken out is refused at once, and of one whose time is over', () => {
    const lot = frameOf(sign());
    expect(numbersOf(lot)).toHaveLength(4);
    trust.setKeys([]);
    expect(numbersOf(lot)).toBe('removed');
    trust.setKeys([
      { name: 'dj', key: STATION_KEY.publicKey, priorityMax: 1, untilMs: clock + 10 },
    ]);
    expect(numbersOf(lot)).toHaveLength(4);
    clock += 10;
    expect(numbersOf(lot)).toBe('removed');
  });

  test('of a session without a list is believed', () => {
    const open = createLotCheck({
      ...{ session: SESSION, isLive, now, trust: createSourceTrust(undefined, now) },
      onRefused: () => undefined,
    });
    expect(open(frameOf(sign({ key: STRANGER_KEY }))).kind).toBe('believed');
  });
});
