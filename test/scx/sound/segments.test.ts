import { describe, expect, test } from 'vitest';
import { parseSegmentName } from '../../../src/icecast/segment-name.js';
import { createFramer } from '../../../src/mp3/frames/framer.js';
import { parseId3Header } from '../../../src/mp3/tags/id3-header.js';
import {
  packPlaybackState,
  predecessorSchema,
  unpackPlaybackState,
} from '../../../src/scx/hand-over/messages.js';
import type { PlayedFrame } from '../../../src/scx/sound/chunk.js';
import { segmentBytes, segmentName, titleDigest } from '../../../src/scx/sound/segment.js';
import { createSegments, type Segments } from '../../../src/scx/sound/segments.js';
import { FRAME_MS, mp3Frame, numbersIn, played, range, reachesIn, sourceId } from '../support.js';

const A = sourceId('a');
const B = sourceId('b');
/** Frames of a segment at 44.1 kHz. */
const N = 100;

/** What a segment consists of: the text of its tag, and the numbers of its frames. */
function contentOf(bytes: Uint8Array) {
  const tagBytes = 10 + (parseId3Header(bytes, 0)?.bodyBytes ?? 0);
  const tag = Buffer.from(bytes.subarray(0, tagBytes));
  const timestampAt = tag.indexOf('Timestamp\0') + 'Timestamp\0'.length;
  return {
    tag: tag.toString('utf8'),
    ticks: tag.readBigUInt64BE(timestampAt),
    frames: bytes.subarray(tagBytes),
    numbers: numbersIn(bytes.subarray(tagBytes)),
  };
}

/** Plays the frames `from` to `to`, the first of them changed. */
const play = (
  segments: Segments,
  [from, to]: readonly [number, number],
  { source = A, title = null, ...first }: Partial<PlayedFrame> & { source?: typeof A } = {},
): void => {
  for (const number of range(from, to)) {
    segments.append(source, { ...played(number), title, ...(number === from ? first : {}) });
  }
};

const spans = (segments: Segments): string[] =>
  segments.listed().map(({ name, number, startsStream }) => {
    const { source, first, count } = parseSegmentName(name) ?? { source: '', first: 0, count: 0 };
    return `${number}:${source[0]}${first}+${count}${startsStream ? '!' : ''}`;
  });

describe('A segment', () => {
  const frames = range(N, 2 * N).map((number) => mp3Frame(number));
  const content = { source: A, first: N, frames, title: 'Ella \u2013 Misty' };

  test('is named by its source and its frames, and its title has a digest', () => {
    expect(segmentName(content)).toBe(`${A}-100-100.mp3`);
    expect(parseSegmentName(segmentName(content))).toEqual({ source: A, first: N, count: N });
    expect([titleDigest(null), titleDigest('Ella').length]).toEqual(['', 12]);
    expect(titleDigest('Ella')).not.toBe(titleDigest('Elle'));
  });

  test.each([
    ['', '../status', 'a-1-1.mp3', `${A}-1-1`, `${A}--1-1.mp3`, `${A}-1-1-x.mp3`, `${A}-1-1.mp3/`],
  ])('has no other name', (...names) => {
    expect(names.map(parseSegmentName)).toEqual(names.map(() => undefined));
  });

  test('begins with its timestamp and its title, and consists of its frames', () => {
    const { tag, ticks, numbers } = contentOf(segmentBytes(content));
    expect(tag).toContain('PRIV');
    expect(tag).toContain('com.apple.streaming.transportStreamTimestamp\0');
    expect(tag).toContain('Ella \u2013 Misty');
    expect(ticks).toBe(BigInt(Math.floor((N * 1152 * 90_000) / 44_100)));
    expect(numbers).toEqual(range(N, 2 * N));
  });

  test('has a timestamp of 33 bits, however long its source has been playing', () => {
    const first = 900_000_000_000_000;
    const { ticks } = contentOf(segmentBytes({ ...content, first }));
    expect(ticks).toBe(((BigInt(first) * 1152n * 90_000n) / 44_100n) % 2n ** 33n);
  });

  test('is read by our own framer: a tag, and frames without rubbish between them', () => {
    const framer = createFramer();
    const events = [...framer.push(segmentBytes(content)), ...framer.end()];
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'frame')).toHaveLength(N);
    expect(kinds.filter((kind) => kind === 'junk')).toEqual([]);
    expect(kinds[0]).toBe('tag');
  });

  test('of a whole block is not changed, and one that begins within a block starts in silence', () => {
    const reaching = range(0, 3).map((number) => mp3Frame(number, 400));
    const whole = segmentBytes({ source: A, first: 0, frames: reaching, title: null });
    expect(contentOf(whole).frames).toEqual(Buffer.concat(reaching));
    const partial = segmentBytes({ source: A, first: 7, frames: reaching, title: null });
    expect(reachesIn(contentOf(partial).frames)[0]).toBe(0);
  });
});

describe('Segments', () => {
  test('hold a hundred frames each at 44.1 kHz, and are numbered by their place in the source', () => {
    const segments = createSegments();
    play(segments, [500, 900], { startsStream: true });
    expect(spans(segments)).toEqual(['5:a500+100', '6:a600+100', '7:a700+100', '8:a800+100']);
    expect(segments.listed()[0]?.durationMs).toBeCloseTo(N * FRAME_MS, 6);
  });

  test('are the same, byte for byte, at an SCX that has joined later', () => {
    const [one, other] = [createSegments(), createSegments()];
    play(one, [0, 900], { startsStream: true, title: 'Misty' });
    play(other, [333, 900], { startsStream: true, title: 'Misty' });
    expect(spans(other)).toEqual([
      '4:a400+100',
      '5:a500+100',
      '6:a600+100',
      '7:a700+100',
      '8:a800+100',
    ]);
    for (const segment of other.listed()) expect(one.find(segment.name)).toEqual(segment);
  });

  test('end where another source begins, and lose no frame there', () => {
    const segments = createSegments();
    play(segments, [0, 130], { startsStream: true });
    play(segments, [740, 900], { source: B, startsStream: true });
    expect(spans(segments)).toEqual(['0:a0+100', '1:a100+30', '2:b740+60!', '3:b800+100']);
    const numbers = segments.listed().flatMap(({ bytes }) => contentOf(bytes).numbers);
    expect(numbers).toEqual([...range(0, 130), ...range(740, 900)]);
    expect(segments.listed().map(({ discontinuities }) => discontinuities)).toEqual([0, 0, 1, 1]);
  });

  test('end where the format changes', () => {
    const segments = createSegments();
    play(segments, [0, 100], { startsStream: true });
    const at48kHz = Buffer.from(mp3Frame(100));
    at48kHz[2] = 0x94;
    segments.append(A, { ...played(100), bytes: at48kHz.subarray(0, 384), durationMs: 24 });
    segments.append(A, { ...played(101), bytes: at48kHz.subarray(0, 384), durationMs: 24 });
    play(segments, [102, 200]);
    expect(spans(segments)).toEqual(['0:a0+100', '1:a100+2!', '2:a102+98!']);
  });

  test('have silence where frames are missing, and names and numbers as if they were not', () => {
    const [whole, holed] = [createSegments(), createSegments()];
    play(whole, [0, 400], { startsStream: true });
    play(holed, [0, 150], { startsStream: true });
    play(holed, [153, 200], { startsStream: true });
    play(holed, [230, 400], { startsStream: true });
    expect(spans(holed)).toEqual(spans(whole));
    const numbers = contentOf(holed.listed()[1]?.bytes ?? new Uint8Array()).numbers;
    expect(numbers).toEqual([...range(100, 150), 153, 153, 153, ...range(153, 200)]);
    const isMended = holed.listed().map((segment) => segment.isMended === true);
    expect(isMended).toEqual([false, true, true, false]);
    for (const index of [0, 3]) expect(holed.listed()[index]).toEqual(whole.listed()[index]);
  });

  test('take nothing behind a hole that a decoder would need of the missing frames', () => {
    const segments = createSegments();
    const reaching = (number: number) => ({ ...played(number), bytes: mp3Frame(number, 300) });
    for (const number of range(0, 99)) segments.append(A, reaching(number));
    for (const number of range(100, 200)) segments.append(A, reaching(number));
    const [before, after] = segments.listed().map(({ bytes }) => contentOf(bytes));
    expect(reachesIn(before?.frames ?? new Uint8Array()).slice(-2)).toEqual([300, 0]);
    expect(reachesIn(after?.frames ?? new Uint8Array()).slice(0, 3)).toEqual([0, 300, 300]);
  });

  test('begin anew behind a long hole, with the number that others have there', () => {
    const [whole, holed] = [createSegments(), createSegments()];
    play(whole, [0, 2300], { startsStream: true });
    play(holed, [0, 150], { startsStream: true });
    play(holed, [1930, 2300], { startsStream: true });
    expect(spans(holed)).toEqual(['20:a2000+100', '21:a2100+100', '22:a2200+100']);
    const same = holed.listed().map(({ name }) => whole.find(name));
    expect(holed.listed()).toEqual(same);
  });

  test('have the title of their middle, also if it comes a little late', () => {
    const segments = createSegments();
    play(segments, [0, 140], { startsStream: true });
    segments.retitle(120, null, 'Late');
    play(segments, [140, 220], { title: 'Late' });
    segments.retitle(170, 'Late', 'Next');
    play(segments, [220, 300], { title: 'Next' });
    expect(segments.listed().map(({ title }) => title)).toEqual([null, 'Late', 'Next']);
  });

  test('are listed for at least three target durations, and kept for longer', () => {
    const segments = createSegments();
    play(segments, [0, 5000], { startsStream: true });
    const listed = segments.listed();
    const listedMs = listed.reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(listedMs).toBeGreaterThanOrEqual(9000);
    expect(listed.at(-1)?.number).toBe(49);
    const nameOf = (first: number): string => `${A}-${first}-100.mp3`;
    const keptMs = range(0, 50).filter((n) => segments.find(nameOf(n * N))).length * N * FRAME_MS;
    expect(keptMs).toBeGreaterThan(2 * listedMs);
    expect(keptMs).toBeLessThan(40_000);
    expect(segments.absence(nameOf(0))).toBe('gone');
    expect(segments.absence(nameOf(5000))).toBe('to come');
    expect(segments.absence(`${B}-0-100.mp3`)).toBe('unknown');
    expect(segments.absence(`${A}-4900-99.mp3`)).toBe('unknown');
    expect(segments.absence('nonsense')).toBe('unknown');
  });

  test('are bounded, also if each frame makes one of its own', () => {
    const segments = createSegments();
    for (const number of range(0, 3000)) play(segments, [2 * number, 2 * number + 1]);
    expect(segments.listed().length).toBeLessThanOrEqual(32);
    expect(segments.state().kept.length).toBeLessThanOrEqual(96);
  });

  test('tell once that the next one is there, unless that is cancelled', () => {
    const segments = createSegments();
    const told: string[] = [];
    segments.onNext(() => told.push('one'));
    const cancel = segments.onNext(() => told.push('other'));
    cancel();
    play(segments, [0, 250], { startsStream: true });
    expect(told).toEqual(['one']);
  });

  test('have the time at which the source published their first frame', () => {
    const segments = createSegments();
    for (const number of range(0, 200)) {
      segments.append(A, { ...played(number), timeMs: 1_800_000_000_000 + number * 26 });
    }
    expect(segments.listed().map(({ at }) => at)).toEqual([1_800_000_000_000, 1_800_000_002_600]);
  });

  test('go on in another process, with the same names, numbers and bytes', () => {
    const [old, all] = [createSegments(), createSegments()];
    for (const segments of [old, all]) {
      play(segments, [0, 130], { startsStream: true });
      play(segments, [740, 930], { source: B, startsStream: true, title: 'Misty' });
    }
    const ring = { frames: [], first: 0, ageMs: 0 };
    const packed = packPlaybackState({ ring, position: null, segments: old.state() });
    const message = predecessorSchema.parse(JSON.parse(JSON.stringify(packed)));
    const state = message.kind === 'estate' ? unpackPlaybackState(message) : undefined;
    const successor = createSegments();
    successor.resume(state?.segments ?? { kept: [], open: null });
    for (const segments of [successor, all]) play(segments, [930, 1200], { source: B });
    expect(spans(successor)).toEqual(spans(all));
    expect(successor.listed()).toEqual(all.listed());
  });
});
