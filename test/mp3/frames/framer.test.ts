import CodecParser, { type CodecFrame } from 'codec-parser';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { createFramer, type FramerEvent } from '../../../src/mp3/frames/framer.js';
import { id3Text, makeId3, makeId3Frame } from '../make-id3.js';
import {
  ascii,
  joinBytes,
  makeFrame,
  makeHeader,
  makeToneFrames,
  noiseBytes,
} from '../make-mp3.js';
import { PADDING_CASES } from '../padding-cases.js';

/** All events of a stream that comes in pieces of `chunkBytes`. */
function frameAll(stream: Uint8Array, chunkBytes = stream.length): FramerEvent[] {
  const framer = createFramer();
  const events: FramerEvent[] = [];
  for (let offset = 0; offset < stream.length; offset += chunkBytes) {
    events.push(...framer.push(stream.subarray(offset, offset + chunkBytes)));
  }
  return [...events, ...framer.end()];
}

/** Frames as text: thousands of them are compared, and long arrays compare slowly. */
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const framesOf = (events: readonly FramerEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'frame' ? [hex(event.bytes)] : []));

/** Everything but junk, in order. */
const contentOf = (events: readonly FramerEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.kind === 'junk') return [];
    return [event.kind === 'frame' ? hex(event.bytes) : JSON.stringify(event)];
  });

const junkOf = (events: readonly FramerEvent[]): number =>
  events.reduce((sum, event) => sum + (event.kind === 'junk' ? event.bytes : 0), 0);

const kindsOf = (events: readonly FramerEvent[]): string[] =>
  events.map((event) => event.kind).filter((kind, index, all) => kind !== all[index - 1]);

const titleTag = (title: string, ...others: Uint8Array[]): Uint8Array =>
  makeId3([...others, makeId3Frame('TIT2', id3Text(0, title))]);

/** An empty ID3v1 tag. */
const id3v1 = joinBytes([ascii('TAG'), new Uint8Array(125).fill(0x20)]);

const apeItems = ascii('any items, some of which might be TAG or art');

function apeEdge(flags: number, size: number): Uint8Array {
  const edge = new Uint8Array(32);
  edge.set(ascii('APETAGEX'));
  edge.set([0xd0, 0x07, 0, 0, size, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, flags], 8);
  return edge;
}

describe('Framer', () => {
  let tone: Uint8Array[] = [];
  let other: Uint8Array[] = [];
  beforeAll(async () => {
    tone = await makeToneFrames();
    other = await makeToneFrames({ sampleRateHz: 48000, bitrateKbps: 96, channels: 1 });
  });

  /** The frames come out, and `junk` bytes are reported as junk. */
  const expectFrames = (parts: readonly Uint8Array[], frames: Uint8Array[], junk: number) => {
    const stream = joinBytes(parts);
    const events = frameAll(stream);
    expect(framesOf(events)).toEqual(frames.map(hex));
    expect(junkOf(events)).toBe(junk);
    const pieces = frameAll(stream, 11);
    expect(framesOf(pieces)).toEqual(frames.map(hex));
    expect(junkOf(pieces)).toBe(junk);
  };

  it.each(PADDING_CASES)('finds all frames with %s between them', (_, make) => {
    const stream = make(tone);
    for (const events of [frameAll(stream), frameAll(stream, 11)]) {
      expect(framesOf(events)).toEqual(tone.map(hex));
    }
  });

  it('finds a silent frame behind one that was cut off, though zeros follow the cut one', () => {
    const silent = makeFrame({}, 0);
    const [cut = silent] = tone.slice(9);
    const parts = [...tone.slice(0, 9), cut.subarray(0, 200), silent, silent, silent];
    const frames = [...tone.slice(0, 9), silent, silent, silent];
    expectFrames(parts, frames, 200);
  });

  it('emits each frame once, in order and unchanged', () => {
    expectFrames(tone, tone, 0);
  });

  it('emits a single frame', () => {
    expectFrames(tone.slice(0, 1), tone.slice(0, 1), 0);
  });

  it('emits a frame as soon as the first bytes of the next are there', () => {
    const framer = createFramer();
    expect(framer.push(joinBytes(tone.slice(0, 2)))).toHaveLength(1);
    expect(framer.push(tone[2]!.subarray(0, 40))).toHaveLength(1);
    expect(framer.end()).toEqual([{ kind: 'junk', bytes: 40 }]);
    expect(framer.push(tone[3]!)).toEqual([]);
    expect(framer.end()).toEqual([]);
  });

  it('agrees with codec-parser', async () => {
    for (const frames of [
      tone,
      other,
      await makeToneFrames({ sampleRateHz: 8000, bitrateKbps: 8 }),
    ]) {
      const file = joinBytes(frames);
      const oracle = new CodecParser<CodecFrame>('audio/mpeg').parseAll(file);
      expect(oracle.length).toBeGreaterThan(10);
      expect(framesOf(frameAll(file))).toEqual(oracle.map((frame) => hex(frame.data)));
    }
  });

  it('gives the same frames whatever the chunks are', () => {
    const stream = joinBytes([titleTag('Blue'), ...tone, noiseBytes(900), ...other, id3v1]);
    const expected = contentOf(frameAll(stream));
    expect(expected).toHaveLength(1 + tone.length + other.length);
    const sizes = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (chunks) => {
        const framer = createFramer();
        const events: FramerEvent[] = [];
        let offset = 0;
        for (let count = 0; offset < stream.length; count++) {
          const size = chunks[count % chunks.length]! || count % 2;
          events.push(...framer.push(stream.subarray(offset, offset + size)));
          offset += size;
        }
        events.push(...framer.end());
        expect(contentOf(events)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps frames when its input is overwritten', () => {
    const framer = createFramer();
    const chunk = Buffer.from(joinBytes(tone));
    const events = framer.push(chunk);
    chunk.fill(0);
    expect(framesOf([...events, ...framer.end()])).toEqual(tone.map(hex));
  });

  it('starts in mid-frame', () => {
    expectFrames([tone[0]!.subarray(100), ...tone.slice(1)], tone.slice(1), 317);
  });

  it('does not take a lone header for a frame', () => {
    expectFrames([makeHeader(), noiseBytes(1000), ...tone], tone, 1004);
  });

  it('recovers after junk between frames', () => {
    const [one, two, three] = [tone.slice(0, 5), tone.slice(5, 9), tone.slice(9)];
    const junk = [noiseBytes(700), new Uint8Array(5000).fill(0xff)];
    expectFrames([...one, junk[0]!, ...two, junk[1]!, ...three], tone, 5700);
  });

  /** Whether bytes that are no frame look like one: another one would follow, or the end. */
  const looksLikeFrame = (stream: Uint8Array, at: number): boolean => {
    const header = parseFrameHeader(stream, at);
    if (header === undefined) return false;
    const end = at + header.frameBytes;
    return end === stream.length || parseFrameHeader(stream, end) !== undefined;
  };

  it('keeps all frames whatever junk lies between them, unless it looks like frames', () => {
    const junk = fc.uint8Array({ maxLength: 4000, size: 'max' });
    fc.assert(
      fc.property(fc.array(junk, { minLength: 1, maxLength: 6 }), (gaps) => {
        const groups = gaps.flatMap((gap, index) => [gap, ...tone.slice(4 * index, 4 * index + 4)]);
        const stream = joinBytes(groups);
        let start = 0;
        for (const [index, gap] of gaps.entries()) {
          for (let at = start; at < start + gap.length; at++) fc.pre(!looksLikeFrame(stream, at));
          const group = tone.slice(4 * index, 4 * index + 4);
          start += gap.length + joinBytes(group).length;
        }
        const frames = framesOf(frameAll(stream));
        expect(frames).toEqual(tone.slice(0, 4 * gaps.length).map(hex));
      }),
      { numRuns: 200 },
    );
  });

  it('accepts a change of sample rate, bit rate and channels', () => {
    expectFrames([...tone, ...other, ...tone], [...tone, ...other, ...tone], 0);
  });

  it('accepts a bit rate that changes with each frame', () => {
    const frames = [9, 1, 14, 5, 9, 2].map((bitrate) => makeFrame({ bitrate }));
    expectFrames(frames, frames, 0);
  });

  it('reports a truncated last frame as junk', () => {
    const cut = tone.at(-1)!.subarray(0, 300);
    expectFrames([...tone.slice(0, -1), cut], tone.slice(0, -1), 300);
  });

  it('drops a frame that was cut off in mid-stream, and not the next one', () => {
    const cut = tone[4]!.subarray(0, 200);
    const whole = [...tone.slice(0, 4), ...tone.slice(5)];
    expectFrames([...tone.slice(0, 4), cut, ...tone.slice(5)], whole, 200);
    expectFrames([...tone.slice(0, 4), cut, ...other], [...tone.slice(0, 4), ...other], 200);
  });

  it('reads the tag behind a file that was cut off', () => {
    const stream = joinBytes([...tone, tone[4]!.subarray(0, 200), titleTag('Next'), ...other]);
    const events = frameAll(stream);
    expect(framesOf(events)).toEqual([...tone, ...other].map(hex));
    expect(events).toContainEqual({ kind: 'tag', title: 'Next' });
  });

  it('keeps the last frame before junk', () => {
    expectFrames([...tone, new Uint8Array(5000)], tone, 5000);
  });

  it('reports and drops the table for players that seek', () => {
    const table = makeFrame();
    table.set(ascii('Info'), 36);
    const events = frameAll(joinBytes([titleTag('Blue'), table, ...tone]));
    expect(kindsOf(events)).toEqual(['tag', 'vbrTag', 'frame']);
    expect(framesOf(events)).toEqual(tone.map(hex));
  });

  it('reports the title before the frames', () => {
    const events = frameAll(joinBytes([titleTag('One'), ...tone, titleTag('Two'), ...tone]), 1000);
    expect(kindsOf(events)).toEqual(['tag', 'frame', 'tag', 'frame']);
    expect(events[0]).toEqual({ kind: 'tag', title: 'One' });
    expect(framesOf(events)).toEqual([...tone, ...tone].map(hex));
  });

  it('skips album art, in which there may be frames', () => {
    const art = makeId3Frame('APIC', joinBytes(tone));
    expectFrames([titleTag('Blue', art), ...tone], tone, 0);
  });

  it('skips 20 MB of album art without holding it', () => {
    const art = makeId3Frame('APIC', new Uint8Array(20_000_000).fill(0xff));
    const events = frameAll(joinBytes([titleTag('Blue', art), ...tone]), 16384);
    expect(events[0]).toEqual({ kind: 'tag', title: 'Blue' });
    expect(framesOf(events)).toEqual(tone.map(hex));
    expect(junkOf(events)).toBe(0);
  });

  it('skips a tag with a footer, and an empty one', () => {
    const title = makeId3Frame('TIT2', id3Text(0, 'Blue'), 4);
    const tag = makeId3([title], { version: 4, footer: true });
    expectFrames([tag, makeId3([]), ...tone], tone, 0);
  });

  it('takes a tag that is longer than allowed for junk', () => {
    const tag = titleTag('Blue', makeId3Frame('APIC', new Uint8Array(5000)));
    const framer = createFramer({ tagBytesMax: 5000, textCharactersMax: 512 });
    const events = framer.push(joinBytes([tag, ...tone]));
    expect(kindsOf(events)).toEqual(['junk', 'frame']);
    expect(junkOf(events)).toBe(tag.length);
  });

  it('skips ID3v1 at the end and between files', () => {
    expectFrames([...tone, id3v1], tone, 0);
    expectFrames([...tone, id3v1, ...other, id3v1], [...tone, ...other], 0);
  });

  it('skips APEv2 before the frames, and its footer behind them', () => {
    const size = apeItems.length + 32;
    const ape = joinBytes([apeEdge(0xa0, size), apeItems, apeEdge(0x80, size)]);
    expectFrames([...tone, ape, id3v1, ...other], [...tone, ...other], 0);
    expectFrames([ape, ...tone], tone, 0);
    const footerOnly = [...tone, apeItems, apeEdge(0, size), id3v1];
    expectFrames(footerOnly, tone, apeItems.length);
  });

  it.each(['LYRICSEND', '000123LYRICS200'])('skips Lyrics3 up to its "%s"', (mark) => {
    const lyrics = ascii(`LYRICSBEGININD00002${'la '.repeat(500)}${mark}`);
    expectFrames([...tone, lyrics, id3v1, ...other], [...tone, ...other], 0);
  });

  it('gives up a Lyrics3 tag that never ends', () => {
    const lyrics = joinBytes([ascii('LYRICSBEGIN'), new Uint8Array(1_000_000)]);
    const events = frameAll(joinBytes([...tone, lyrics, ...other]), 4096);
    expect(framesOf(events)).toEqual([...tone, ...other].map(hex));
    expect(junkOf(events)).toBeLessThan(lyrics.length);
  });

  it('never throws, and accounts for each byte of junk', () => {
    const bytes = fc.oneof(
      fc.constantFrom(...makeHeader(), ...ascii('ID3TAGPELYRICSBX')),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 3000, size: 'max' }),
        fc.integer({ min: 1, max: 200 }),
        (all, size) => {
          const stream = Uint8Array.from(all);
          const events = frameAll(stream, size);
          const frames = framesOf(events).reduce((sum, frame) => sum + frame.length / 2, 0);
          expect(frames + junkOf(events)).toBeLessThanOrEqual(stream.length);
        },
      ),
    );
  });

  it.each([
    ['random bytes', noiseBytes(2_000_000)],
    ['0xFF', new Uint8Array(2_000_000).fill(0xff)],
    ['headers', joinBytes(new Array(500_000).fill(makeHeader()))],
    ['beginnings of tags', ascii('ITAL'.repeat(500_000))],
  ])('finds no frame in 2 MB of %s, in linear time', (_what, stream) => {
    const framer = createFramer();
    const events = framer.push(stream);
    expect(junkOf([...events, ...framer.end()])).toBe(stream.length);
    expect(framesOf(events)).toEqual([]);
  });
});
