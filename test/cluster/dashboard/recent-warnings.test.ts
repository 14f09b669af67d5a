/** The last warnings of logs, as the dashboard shows them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import {
  createRecentWarnings,
  readScxWarnings,
} from '../../../src/cluster/dashboard/recent-warnings.js';
import { temporaryFolder } from '../support.js';

test('Warnings and errors of the own log are remembered, the newest first, with their reason', () => {
  const warnings = createRecentWarnings();
  const log = pino({ level: 'debug' }, { write: warnings.take });
  log.info('nothing');
  log.warn({ session: 'scattercast://a/b' }, 'It ended.');
  log.error({ err: new Error('no\u001b[31m room') }, 'not written');
  log.info({ text: '"level":50' }, 'no error');
  expect(warnings.all()).toEqual([
    {
      ...{ at: expect.any(Number), level: 'error', from: 'front end' },
      text: 'not written (no\uFFFD[31m room)',
    },
    {
      at: expect.any(Number),
      level: 'warn',
      from: 'front end',
      text: 'It ended. (scattercast://a/b)',
    },
  ]);
  for (let count = 0; count < 200; count++) log.warn('x'.repeat(2000));
  expect(warnings.all()).toHaveLength(50);
  expect(warnings.all()[0]?.text).toHaveLength(300);
});

test('The ends of the logs of SCXs are read, whatever else is in the folder', async () => {
  const folder = `${temporaryFolder()}/logs`;
  expect(await readScxWarnings(folder)).toEqual([]);
  mkdirSync(`${folder}/directory.log`, { recursive: true });
  const line = (level: number, time: number, msg: string): string =>
    `${JSON.stringify({ level, time, msg })}\n`;
  const old = line(40, 1, 'too long ago');
  const many = line(30, 2, 'nothing').repeat(2000);
  writeFileSync(`${folder}/night-1.log`, `${old}${many}${line(50, 4, 'bad')}{"level":40,"ti`);
  writeFileSync(
    `${folder}/day-2.log`,
    `\u0000\n[]\nnull\n{"level":"50"}\n${line(40, 3, 'less bad')}`,
  );
  expect(await readScxWarnings(folder)).toEqual([
    { at: 4, level: 'error', from: 'SCX night-1', text: 'bad' },
    { at: 3, level: 'warn', from: 'SCX day-2', text: 'less bad' },
  ]);
});
