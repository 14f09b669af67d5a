import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createEncoder, differs, type Encoder } from '../../../src/client/encode/encoder.js';
import { openPlaylist, type PlaylistEvent } from '../../../src/client/playlist/playlist.js';
import { readTrack, type TrackEvent } from '../../../src/client/track/track.js';
import { openFile } from '../../../src/client/track/track-input.js';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { id3Text, makeId3, makeId3Frame } from '../../mp3/make-id3.js';
import {
  joinBytes,
  makeFrame,
  makeToneMp3,
  noiseBytes,
  type ToneOptions,
} from '../../mp3/make-mp3.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'encoder-test-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let encoder: Encoder | undefined;
afterEach(() => encoder?.close());

const put = (name: string, ...parts: Uint8Array[]): string => {
  const file = join(directory, name);
  writeFileSync(file, joinBytes(parts));
  return file;
};
const tone = async (name: string, options: ToneOptions): Promise<string> =>
  put(name, await makeToneMp3(options));
const read = async (file: string) => readTrack(await openFile(file));

const framesIn = (events: readonly { readonly kind: string }[]) =>
  (events as TrackEvent[]).flatMap((event) => (event.kind === 'frame' ? [event] : []));

async function encoded(file: string, target = 64 as const): Promise<TrackEvent[]> {
  encoder ??= createEncoder(target);
  const events: TrackEvent[] = [];
  for await (const event of encoder.encode(await read(file), file)) events.push(event);
  return events;
}

const lengthMs = (events: readonly { readonly kind: string }[]): number =>
  framesIn(events).reduce((sum, { durationMs }) => sum + durationMs, 0);

describe('An encoder', () => {
  test.each([
    { sampleRateHz: 44_100, channels: 2, bitrateKbps: 128 },
    { sampleRateHz: 48_000, channels: 1, bitrateKbps: 192 },
    { sampleRateHz: 22_050, channels: 1, bitrateKbps: 32 },
    { sampleRateHz: 11_025, channels: 2, bitrateKbps: 16 },
  ] as const)('makes 64 kbit/s, 44.1 kHz stereo of %j', async (options) => {
    const events = await encoded(await tone('tone.mp3', { ...options, seconds: 5 }));
    expect(events[0]).toEqual({ kind: 'title', title: 'tone' });
    for (const { bytes } of framesIn(events)) {
      const header = parseFrameHeader(bytes, 0);
      expect(header).toMatchObject({ bitrateKbps: 64, sampleRateHz: 44_100, mpegVersion: 1 });
      expect(header?.channelMode).not.toBe('mono');
    }
    // The delay of a decoder and an encoder, and what fills the last frame.
    expect(lengthMs(events)).toBeGreaterThan(5000);
    expect(lengthMs(events)).toBeLessThan(5300);
  });

  test('starts from scratch with each recording', async () => {
    const file = await tone('again.mp3', { seconds: 3 });
    const first = framesIn(await encoded(file)).map(({ bytes }) => bytes);
    const second = framesIn(await encoded(file)).map(({ bytes }) => bytes);
    expect(second).toEqual(first);
  });

  test('survives broken frames and a change of the sample rate', async () => {
    const broken = Array.from({ length: 50 }, () => {
      const frame = makeFrame({}, 0);
      frame.set(noiseBytes(frame.length - 4), 4);
      return frame;
    });
    const one = await makeToneMp3({ seconds: 2 });
    const two = await makeToneMp3({ seconds: 2, sampleRateHz: 32_000 });
    const events = await encoded(put('broken.mp3', one, ...broken, two));
    expect(lengthMs(events)).toBeGreaterThan(4000);
  });

  test('reads at most a few seconds ahead of the frames that are asked for', async () => {
    const part = await makeToneMp3({ seconds: 4, bitrateKbps: 192 });
    const file = put('long.mp3', ...Array.from({ length: 15 }, () => part));
    let read = 0;
    const counted = (async function* () {
      for await (const event of readTrack(await openFile(file))) {
        read++;
        yield event;
      }
    })();
    encoder = createEncoder(64);
    const events = encoder.encode(counted, file);
    for (let frames = 0; frames < 20; ) if ((await events.next()).value?.kind === 'frame') frames++;
    expect(read).toBeLessThan(250);
    await events.return(undefined);
  });

  test('reports what cannot be re-encoded, and can encode the next recording', async () => {
    encoder = createEncoder(64);
    const bad = (async function* (): AsyncGenerator<TrackEvent> {
      yield { kind: 'frame', bytes: null as never, durationMs: 3000, bitrateKbps: 1, lengthMs: 1 };
    })();
    const events = encoder.encode(bad, 'bad.mp3');
    await expect(events.next()).rejects.toThrow(/^bad\.mp3 cannot be re-encoded \(/);
    expect(lengthMs(await encoded(await tone('good.mp3', {})))).toBeGreaterThan(900);
  });
});

describe('A recording', () => {
  test.each([
    [{ bitrateKbps: 128 }, false],
    [{ bitrateKbps: 64 }, true],
    [{ sampleRateHz: 48_000 }, true],
    [{ channels: 1 }, true],
  ] as const)('of %j differs from 128 kbit/s: %s', async (options, answer) => {
    expect(await differs(await read(await tone('compared.mp3', options)), 128)).toBe(answer);
  });

  test('of frames that vary differs', async () => {
    const file = put('vbr.mp3', ...[9, 9, 9, 11, 9, 9].map((bitrate) => makeFrame({ bitrate })));
    expect(await differs(await read(file), 128)).toBe(true);
  });
});

test('A playlist re-encodes what differs, passes on what does not, and skips what fails', async () => {
  const same = await tone('same.mp3', { seconds: 1 });
  const title = makeId3([makeId3Frame('TIT2', id3Text(0, 'Other'))]);
  const other = put('other.mp3', title, await makeToneMp3({ seconds: 1, bitrateKbps: 64 }));
  const untouched: TrackEvent[] = [];
  for await (const event of await read(same)) untouched.push(event);
  const program = { kind: 'files', files: [same, other], loop: false, bitrateKbps: 128 } as const;
  const events: PlaylistEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of await openPlaylist(program, () => undefined, signal)) {
    events.push(event);
  }
  const frames = framesIn(events);
  expect(frames.slice(0, framesIn(untouched).length)).toEqual(framesIn(untouched));
  expect(new Set(frames.map(({ bitrateKbps }) => bitrateKbps))).toEqual(new Set([128]));
  expect(events.flatMap((event) => (event.kind === 'title' ? [event.title] : []))).toEqual([
    ...['same', 'Other'],
  ]);
});
