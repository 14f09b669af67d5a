/**
 * Clicks where a listener goes over from the original to a rendition, or back, in mid-stream: the codec of
 * renditions makes a lower rate of some sound, the stream changes between both again and again, and
 * what a decoder plays is measured at each change (clicks/click.ts). Changes where the windows of both fit
 * (mp3/frames/window-fit.ts) are told apart from those where they do not. The goal is below -60 dB.
 */
import { readFileSync } from 'node:fs';
import { windowsFit } from '../../src/mp3/frames/window-fit.js';
import { isRenditionRate, type RenditionKbps } from '../../src/session/renditions.js';
import { createFrameCodec } from '../../src/transcode/frame-codec.js';
import { CLIP } from '../../test/e2e/support/processes.js';
import { decoded } from '../../test/mp3/decode.js';
import { makeToneFrames } from '../../test/mp3/make-mp3.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { createClickMeter, SILENT_DB } from './clicks/click.js';
import { type Spliced, splice } from './clicks/splice.js';
import { framesIn } from './players/tone-code.js';

export const flags: Benchmark['flags'] = {
  to: { standard: '64,32', help: 'bit rates of the renditions' },
  passage: { standard: '5', help: 'the shortest passage, frames' },
  file: {
    standard: '',
    help: 'an MP3 of 44.1 or 48 kHz, in place of the clip and of plucked notes',
  },
};

/** At the beginning a decoder has nothing that overlaps, frames. */
const FIRST = 4;
const SAMPLES = 1152;
/** A decoder is late by this; and the samples that a change concerns from there on. */
const [LATE, CONCERNED] = [256, 1728] as const;

interface Sound {
  readonly name: string;
  readonly frames: readonly Uint8Array[];
}

async function soundsOf(file: string): Promise<readonly Sound[]> {
  if (file !== '') return [{ name: file, frames: framesIn(readFileSync(file)) }];
  return [
    { name: 'music', frames: framesIn(readFileSync(CLIP)) },
    { name: 'plucked notes', frames: await makeToneFrames({ seconds: 20 }) },
  ];
}

async function lowerOf(frames: readonly Uint8Array[], kbps: RenditionKbps): Promise<Uint8Array[]> {
  const codec = await createFrameCodec(kbps);
  return [...frames.flatMap((frame) => codec.push(frame)), ...codec.end()];
}

const tellDb = (values: readonly number[]): string | number => {
  const most = Math.max(...values);
  if (values.length === 0) return '-';
  return most <= SILENT_DB ? 'none' : round(most);
};

async function measure(sound: Sound, kbps: RenditionKbps, least: number): Promise<Row[]> {
  const original = sound.frames;
  const lower = await lowerOf(original, kbps);
  const [before, alone] = [await decoded(original), await decoded(lower)];
  const row = async (where: string, { stream, changes }: Spliced): Promise<Row> => {
    const heard = (await decoded(stream)).samples;
    const meter = createClickMeter({ original: before.samples, lower: alone.samples, heard });
    const found = changes
      .filter(({ frame }) => frame >= FIRST)
      .map(({ frame, toOriginal }) => {
        const at = frame * SAMPLES;
        return { toOriginal, db: meter.clickDb(at - LATE, at + CONCERNED) };
      });
    const of = (toOriginal: boolean): number[] =>
      found.filter((one) => one.toOriginal === toOriginal).map(({ db }) => db);
    return {
      ...{ sound: sound.name, 'kbit/s': kbps, windows: where, changes: found.length },
      'largest click down, dB': tellDb(of(false)),
      'largest click back, dB': tellDb(of(true)),
      'noise of the rate, dB': round(meter.noiseDb(0, heard.length)),
    };
  };
  const both = { original, lower, least };
  const unfit = splice({ ...both, mayFollow: (one, other) => !windowsFit(one, other) });
  return [
    await row('fit', splice({ ...both, mayFollow: windowsFit })),
    await row('do not fit', unfit),
  ];
}

export const run: Benchmark['run'] = async (given) => {
  const rates = wordsOf(given, 'to').map(Number).filter(isRenditionRate);
  const rows: Row[] = [];
  for (const sound of await soundsOf(String(given.file))) {
    for (const kbps of rates)
      rows.push(...(await measure(sound, kbps, numberOf(given, 'passage'))));
  }
  return rows;
};
