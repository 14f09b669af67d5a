/** HLS at lower bit rates: what players are offered, and what they hear when they change. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Answer } from '../../../src/http/server/response.js';
import { mainDataBegin } from '../../../src/mp3/frames/side-info.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { createTicketGate } from '../../../src/scx/listeners/ticket-gate.js';
import { createHlsAnswers, type HlsAnswers } from '../../../src/scx/port/hls-answers.js';
import { withoutTag } from '../../../src/scx/sound/segment.js';
import { correlation, decoded } from '../../mp3/decode.js';
import { makeToneFrames, splitFrames } from '../../mp3/make-mp3.js';
import { audioAdu, NIGHT, newIdentities, nodeId, source } from '../support.js';

const SAMPLES = 1152;
let playout: Playout;
let hls: HlsAnswers;
let frames: Uint8Array[];

beforeEach(async () => {
  const now = (): number => performance.now();
  playout = createPlayout(
    {
      ...{ identities: newIdentities(), burstMs: 500, listenersMax: 5, writeIntervalMs: 100 },
      renditions: [64, 32],
    },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  playout.start();
  hls = createHlsAnswers({
    ...{ name: NIGHT, playout, tickets: createTicketGate(NIGHT, undefined), now },
    ...{ isHooked: () => false, isLeaving: () => false },
  });
  frames = await makeToneFrames({ seconds: 12 });
  for (const [at, frame] of frames.entries()) playout.handleAdu(audioAdu('a', at, frame));
});

afterEach(() => playout.end());

async function ask(target: string): Promise<Answer> {
  const head = { method: 'GET', target, protocol: 'HTTP/1.1', headers: new Map() };
  const answer = await hls({ head, address: '192.0.2.1' } as unknown as Parameters<HlsAnswers>[0]);
  if (answer === undefined) throw new Error(`${target} is not HLS`);
  return answer;
}

/** The addresses in a list. */
const addressesIn = ({ body }: Answer): string[] =>
  `${body}`.split('\n').flatMap((line) => (/^[^#]/.test(line) ? [`/${line}`] : []));

/** Waits until all is made that is in a segment. */
const untilMade = (kbps: 64): Promise<void> =>
  vi.waitFor(() => {
    const made = playout.renditions.ringOf(kbps).newest?.sequence ?? 0;
    expect(made).toBeGreaterThan(frames.length - 50);
  }, 20_000);

/** The frames of a segment. */
const soundAt = async (target: string): Promise<Uint8Array[]> =>
  splitFrames(withoutTag((await ask(target)).body as Uint8Array));

describe('HLS at lower bit rates', () => {
  test('offers a variant for each rate, and makes what is asked for', async () => {
    const master = await ask('/night.m3u8');
    expect(`${master.body}`.match(/BANDWIDTH=(\d+)/g)).toEqual([
      expect.stringMatching(/=1[34]\d{4}$/),
      'BANDWIDTH=70400',
      'BANDWIDTH=35200',
    ]);
    const [original, half] = addressesIn(master);
    expect(half).toMatch(/^\/night\.m3u8\?id=[0-9a-f]{32}&rate=64$/);
    const [one, other] = [await ask(original!), await ask(half!)];
    expect(`${other.body}`.replaceAll('night.64/', 'night/')).toBe(one.body);
    expect(playout.renditions.active).toEqual([64]);
    expect(playout.audience.count).toBe(1);
  });

  test('has the same frames in each segment, so that a player changes at any', async () => {
    const [original, half] = addressesIn(await ask('/night.m3u8'));
    const [one, other] = [await ask(original!), await ask(half!)].map(addressesIn);
    const parts: Uint8Array[] = [];
    await untilMade(64);
    for (const [index, target] of other!.slice(0, 3).entries()) {
      const sound = await soundAt(target);
      expect(sound).toHaveLength((await soundAt(one![index]!)).length);
      expect(mainDataBegin(sound[0]!)).toBe(0);
      parts.push(...sound);
    }
    const heard = await decoded(parts);
    expect(heard.errors).toBe(0);
    const first = Number(/-(\d+)-\d+\.mp3/.exec(other![0]!)?.[1]);
    const expected = (await decoded(frames)).samples.subarray(first * SAMPLES);
    for (let frame = 2; frame + 10 < parts.length; frame += 10) {
      const [from, to] = [frame * SAMPLES, (frame + 10) * SAMPLES];
      const alike = correlation(heard.samples.subarray(from, to), expected.subarray(from, to));
      expect(alike).toBeGreaterThan(0.9);
    }
  });

  test('sends the segment as it was where the rate is not offered any more', async () => {
    const [, half] = addressesIn(await ask('/night.m3u8'));
    const [target] = addressesIn(await ask(half!));
    playout.renditions.set([]);
    expect(await soundAt(target!)).toEqual(await soundAt(target!.replace('.64', '')));
  });
});
