/**
 * What listeners notice when the line of their cluster becomes narrower than the stream. Three clusters on
 * hosts of their own carry one broadcast of 128 kbit/s with renditions. The line of one host is narrowed
 * (`tc tbf`) to one rate after the other, and opened again; the control is another host, where nothing
 * may be noticed. Frames are numbered by the listeners' bytes alone (narrow/heard.ts).
 *
 * Goal: no silence, no frame missing or doubled, and the original again within 10 s after the line is open.
 * It needs Linux, root, `ip` and `tc`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { checkNeeds } from '../packaging/drill/needs.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { type HeardFrame, heardFrames, noticed, originalAgainMs } from './narrow/heard.js';
import { openScene, type Scene } from './narrow/scene.js';
import { createToneCode, type ToneCode } from './players/tone-code.js';

export const flags: Benchmark['flags'] = {
  rates: { standard: '100,50', help: 'what the line carries, one after the other, kbit/s' },
  seconds: { standard: '60', help: 'for which it carries each of them' },
  after: { standard: '30', help: 'seconds that are watched after it is open again' },
  renditions: { standard: '64,32', help: 'that are announced; none: without' },
};

/** The loop is longer than any hole that is to be told, s. */
const LOOP_S = 300;
/** Until the mesh has settled, ms. */
const SETTLED_MS = 10_000;
/** The hosts, by their place in the scene. */
const NARROWED = 1;
const CONTROL = 2;

/** A span in which the line is one way. */
interface Span {
  readonly line: string;
  readonly from: number;
  readonly until: number;
}

/** Narrows the line and opens it; returns the spans. */
async function narrowLine(scene: Scene, rates: readonly number[], seconds: number, after: number) {
  const host = scene.hosts[NARROWED];
  const spans: Span[] = [];
  const play = async (line: string, kbps: number | undefined, ms: number): Promise<void> => {
    host?.narrow(kbps);
    const from = Date.now();
    await pause(ms);
    spans.push({ line, from, until: Date.now() });
  };
  await play('as wide as it can be', undefined, SETTLED_MS);
  for (const kbps of rates) await play(`${kbps} kbit/s`, kbps, seconds * 1000);
  await play('open again', undefined, after * 1000);
  return spans;
}

interface Heard {
  readonly frames: readonly HeardFrame[];
  readonly arrivals: ReturnType<Scene['arrivals']>;
}

const seconds = (ms: number | undefined): number | string =>
  ms === undefined ? 'not' : round(ms / 1000, 1);

const PASSAGES_SHOWN = 6;

/** The bit rates one after the other, and how many more changes there were. */
function tellPassages(rates: readonly number[]): string {
  const more = rates.length - PASSAGES_SHOWN;
  return `${rates.slice(0, PASSAGES_SHOWN).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function rowOf(heard: Heard, listener: string, { line, from, until }: Span): Row {
  const found = noticed(heard, from, until);
  return {
    ...{ listener, line },
    'longest silence, s': round(found.longestSilenceMs / 1000, 2),
    'silent in all, s': round(found.silentMs / 1000, 2),
    'frames heard': found.frames,
    missing: found.missing,
    doubled: found.doubled,
    'other sound': found.wrong,
    closed: found.closed,
    'rates, kbit/s': tellPassages(found.passages),
    'original again after, s':
      line === 'open again' ? seconds(originalAgainMs(heard.frames, from)) : '',
  };
}

async function hear(scene: Scene, host: number, code: ToneCode): Promise<Heard> {
  const arrivals = scene.arrivals(host);
  return { arrivals, frames: await heardFrames(arrivals, code) };
}

export const run: Benchmark['run'] = async (given) => {
  checkNeeds('ip', 'tc');
  const rates = wordsOf(given, 'rates').map(Number);
  const code = await createToneCode(LOOP_S);
  const renditions = String(given.renditions);
  const scene = await openScene({ hosts: 3, renditions, file: code.file });
  try {
    const [each, after] = [numberOf(given, 'seconds'), numberOf(given, 'after')];
    const spans = await narrowLine(scene, rates, each, after);
    const behind = await hear(scene, NARROWED, code);
    const elsewhere = await hear(scene, CONTROL, code);
    const whole = {
      line: 'all the time',
      from: spans[0]?.from ?? 0,
      until: spans.at(-1)?.until ?? 0,
    };
    return [
      ...spans.map((span) => rowOf(behind, 'behind the line', span)),
      rowOf(elsewhere, 'control', whole),
    ];
  } finally {
    await scene.close();
  }
};
