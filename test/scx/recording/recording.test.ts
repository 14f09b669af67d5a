/** What of a recording stays in memory. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  HOUR_MS,
  hourOf,
  indexFile,
  printStretch,
  soundFile,
} from '../../../src/api/recordings/recording-files.js';
import { openRecording, type TapePosition } from '../../../src/scx/recording/recording.js';
import { temporaryFolder } from '../../cluster/support.js';
import { HOUR } from './support.js';

const DAY_HOURS = 24;

/** An hour with two stretches of ten bytes. */
function writeHour(folder: string, start: number): void {
  const about = { durationMs: 2600, bytes: 10, source: 'a'.repeat(16), count: 100, title: null };
  const lines = [0, 1].map((index) =>
    printStretch({
      ...{ ...about, at: start + index * 2600, offset: index * 10, first: index * 100 },
      ...{ number: index, breaks: 0, playedMs: index * 2600 },
    }),
  );
  writeFileSync(join(folder, indexFile(hourOf(start))), lines.join(''));
  writeFileSync(join(folder, soundFile(hourOf(start))), Buffer.alloc(20, 'sound'));
}

test('Listeners all over a day have each index read once', async () => {
  const folder = join(temporaryFolder(), 'night');
  mkdirSync(folder);
  const starts = Array.from({ length: DAY_HOURS }, (_, hour) => HOUR + hour * HOUR_MS);
  for (const start of starts) writeHour(folder, start);
  let monotonic = 0;
  const now = (): number => {
    monotonic += 1000;
    return monotonic;
  };
  const recording = openRecording(folder, now);
  const after: TapePosition[] = [];
  for (const start of starts) {
    const position = await recording.seek(start);
    const piece = position && (await recording.read(position));
    if (piece !== undefined) after.push(piece.next);
  }
  expect(after).toHaveLength(DAY_HOURS);
  for (const start of starts) rmSync(join(folder, indexFile(hourOf(start))));
  for (const position of after) {
    const piece = await recording.read(position);
    expect([position.at, piece?.sound.length]).toEqual([position.at, 10]);
  }
});
