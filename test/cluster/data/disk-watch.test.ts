import { readdirSync, renameSync } from 'node:fs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { watchDisk } from '../../../src/cluster/data/disk-watch.js';
import { temporaryFolder, until } from '../support.js';

test('A data directory that cannot be written is logged once, and again when it can be', async () => {
  const dataDir = `${temporaryFolder()}/data`;
  const aside = temporaryFolder();
  const told: string[] = [];
  const changes: boolean[] = [];
  const log = pino({}, { write: (line) => void told.push(line) });
  const onChange = (isWritable: boolean): void => void changes.push(isWritable);
  const close = watchDisk({ dataDir, log, onChange, tryMs: 20 });
  await until(() => changes.length === 1);
  renameSync(aside, dataDir);
  await until(() => changes.length === 2);
  close();
  expect(changes).toEqual([false, true]);
  expect(told).toEqual([
    expect.stringMatching(/"level":50.*cannot be written.*make room/),
    expect.stringMatching(/can be written again/),
  ]);
  await until(() => readdirSync(dataDir).length === 0);
});
