import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessLine, openAccessLog } from '../../src/scx/access-log.js';

const silent = pino({ level: 'silent' });

const access = {
  address: '192.0.2.1',
  method: 'GET',
  target: '/night.mp3',
  protocol: 'HTTP/1.1',
  status: 200,
  bytes: 12_345,
  referer: undefined,
  agent: 'VLC/3.0',
  durationMs: 61_000,
};

describe('A line of the access log', () => {
  test('is in the combined format, with the duration at the end', () => {
    expect(accessLine(access, new Date('2026-11-22T23:01:02Z'))).toBe(
      '192.0.2.1 - - [22/Nov/2026:23:00:01 +0000] "GET /night.mp3 HTTP/1.1" 200 12345 "-" "VLC/3.0" 61',
    );
  });

  test('keeps what strangers write within its quotes', () => {
    const agent = 'a" 200 1 "x\n\\\xff\x1b[2J';
    const line = accessLine({ ...access, agent }, new Date());
    expect(line).toContain('"a\\x22 200 1 \\x22x\\x0a\\x5c\\xff\\x1b[2J"');
    expect(line).not.toContain('\n');
  });
});

describe('The access log', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'scattercast-access-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('is written when it is closed, even if its file was moved away before', async () => {
    const file = join(dir, 'access.log');
    const first = openAccessLog(file, silent);
    first.add(access);
    await first.close();
    await rename(file, join(dir, 'rotated.log'));
    const second = openAccessLog(file, silent);
    second.add({ ...access, status: 404 });
    await second.close();
    expect(await readFile(file, 'utf8')).toMatch(/^192\.0\.2\.1 .* 404 .*\n$/);
    expect(await readFile(join(dir, 'rotated.log'), 'utf8')).toMatch(/ 200 12345 /);
  });

  test('that cannot be written loses lines, and counts them', async () => {
    const log = openAccessLog(join(dir, 'missing', 'access.log'), silent);
    log.add(access);
    log.add(access);
    await log.close();
    expect(log.lost).toBe(2);
  });
});
