/**
 * Listeners who begin a few seconds in the past, so that the sound that is sent ahead brings them to what is live, and one who
 * is live. Each checks every frame, before and after it has caught up.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Row } from '../benchmark.js';
import { round } from '../benchmark.js';
import { createFrameListener } from '../drills/frame-listener.js';
import { stepsAhead } from '../players/continuity.js';
import { FRAME_MS } from '../players/numbered-audio.js';

/** Six seconds are sent ahead, and the first stretch may begin 2.6 s earlier than it was asked for. */
const AGO_S = [1, 2, 3];

export interface CatchUpOptions {
  /** Of the live stream. */
  readonly url: string;
  readonly listeners: number;
  readonly seconds: number;
}

/** Listens, and counts the frames that did not come, came twice, or are none of the broadcast. */
export async function catchUp({ url, listeners, seconds }: CatchUpOptions): Promise<Row> {
  const live = createFrameListener(() => url, 0);
  const urlOf = (index: number): string => `${url}?ago=${AGO_S[index % AGO_S.length]}s`;
  const all = Array.from({ length: listeners }, (_, index) =>
    createFrameListener(() => urlOf(index), 0),
  );
  try {
    await pause(seconds * 1000);
    const newest = live.heard().last ?? Number.NaN;
    const heard = all.map((one) => one.heard());
    const sum = (field: 'frames' | 'missing' | 'repeated' | 'foreign' | 'closed'): number =>
      heard.reduce((total, one) => total + one[field], 0);
    const behind = heard.map(({ last }) => stepsAhead(newest, last ?? Number.NaN) * FRAME_MS);
    return {
      what: `${listeners} listeners catch up with live`,
      ...{ frames: sum('frames'), missing: sum('missing'), twice: sum('repeated') },
      ...{ 'no frame, bytes': sum('foreign'), closed: sum('closed') },
      'at most s behind live': round(Math.max(...behind) / 1000),
    };
  } finally {
    for (const one of [live, ...all]) one.stop();
  }
}
