/** Files that overlays are recorded to. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseRecordLine } from '../../../src/api/overlay-map/overlay-record.js';
import { openRecording } from '../../../src/cli/recording/recording-file.js';
import { recordingTo } from '../../../src/cli/recording/simulated-recorder.js';
import { FAST } from '../../../src/gossamer/core/config.js';
import { runExperiment } from '../../../src/simulator/experiment/experiment.js';
import { runFaults } from '../../../src/simulator/faults/fault-run.js';
import { createPicture, parentOf } from '../../../web/overlay/picture.js';
import { afterTest } from '../../after-test.js';
import { gtitmFixture } from '../../simulator/fixtures.js';
import { goneLine } from '../../web/overlay/lines.js';

const { graph } = gtitmFixture('ts1000n-0');

const SESSION = {
  topology: { kind: 'graph', graph },
  ...{ seed: 1, scxs: 8, sources: 1, config: FAST },
} as const;

/** The picture at the end of a recording. */
function pictureOf(file: string) {
  const picture = createPicture();
  const [header, ...lines] = linesOf(file);
  expect(header).toMatchObject({ kind: 'recording', version: 1, at: 0 });
  for (const line of lines) {
    if (typeof line === 'string' || line.kind === 'recording') throw new Error(`read ${line}`);
    picture.apply(line);
  }
  return picture;
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-recording-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'overlay.jsonl');
}

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => parseRecordLine(text) ?? text);

test('A recording ends with its last whole line when it is as large as it may become', () => {
  const file = temporaryFile();
  const bytes = JSON.stringify(goneLine('1')).length + 1;
  const recording = openRecording(file, 2 * bytes + 5);
  expect(['1', '2', '3'].map((digit) => recording.write(goneLine(digit)))).toEqual([
    ...[true, true, false],
  ]);
  recording.close();
  expect(linesOf(file)).toEqual([goneLine('1'), goneLine('2')]);
});

test('A recording that cannot be written is a mistake of its user', () => {
  expect(() => openRecording('/nowhere/overlay.jsonl')).toThrow(/cannot write the recording/);
});

test('A simulated run is recorded as it is, and is the same run as without', () => {
  const options = { ...SESSION, untilMs: 10_000, joinWithinMs: 2000, adusPerSecond: 0 };
  const file = temporaryFile();
  const report = recordingTo(file, (looks) => runExperiment({ ...options, looks }));
  expect(report).toEqual(recordingTo(undefined, (looks) => runExperiment({ ...options, looks })));
  const picture = pictureOf(file);
  expect(picture.scxs.size).toBe(8);
  const [source] = picture.sources();
  const fed = [...picture.scxs.values()].filter((line) => parentOf(line, source?.id ?? ''));
  expect(fed).toHaveLength(7);
  expect(picture.edges().length).toBeGreaterThanOrEqual(7);
});

test('A recorded crash is seen, and is seen to heal', () => {
  const file = temporaryFile();
  recordingTo(file, (looks) =>
    runFaults({
      ...{ ...SESSION, scenario: { kind: 'crash', share: 0.3 }, looks },
      ...{ settleMs: 10_000, lastingMs: 5000 },
    }),
  );
  const gone = linesOf(file).filter((line) => typeof line !== 'string' && line.kind === 'gone');
  const picture = pictureOf(file);
  expect(gone.length).toBeGreaterThan(1);
  expect(picture.scxs.size).toBe(8 - gone.length);
  const [source] = picture.sources();
  const fed = [...picture.scxs.values()].filter((line) => parentOf(line, source?.id ?? ''));
  expect(fed).toHaveLength(picture.scxs.size - 1);
});
