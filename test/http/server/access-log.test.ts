import { execFileSync } from 'node:child_process';
import {
  type FileHandle,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { accessLine, openAccessLog } from '../../../src/http/server/access-log.js';

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

const wait = { timeout: 20_000, interval: 5 };

/** The time after which waiting lines are written. */
const passSecond = (): void => void vi.advanceTimersByTime(1000);

/** Reads lines from a pipe; returns how many. */
async function countLines(reader: FileHandle, wanted: number): Promise<number> {
  let lines = 0;
  while (lines < wanted) {
    const { buffer, bytesRead } = await reader.read();
    lines += buffer.subarray(0, bytesRead).filter((byte) => byte === 10).length;
  }
  return lines;
}

describe('A line of the access log', () => {
  test('is in the combined format, with the duration at the end', () => {
    expect(accessLine(access, new Date('2026-11-22T23:01:02Z'))).toBe(
      '192.0.2.1 - - [22/Nov/2026:23:00:01 +0000] "GET /night.mp3 HTTP/1.1" 200 12345 "-" "VLC/3.0" 61',
    );
  });

  test('escapes what clients have sent', () => {
    const agent = 'a" 200 1 "x\n\\\xff\x1b[2J';
    const line = accessLine({ ...access, agent }, new Date());
    expect(line).toContain('"a\\x22 200 1 \\x22x\\x0a\\x5c\\xff\\x1b[2J"');
    expect(line).not.toContain('\n');
  });
});

describe('The access log', () => {
  let dir: string;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    dir = await mkdtemp(join(tmpdir(), 'scattercast-access-'));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await rm(dir, { recursive: true });
  });

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

  test('loses lines while the disk is full, logs so once, and goes on when there is room', async () => {
    const file = join(dir, 'access.log');
    await symlink('/dev/full', file);
    const told: string[] = [];
    const log = openAccessLog(file, pino({}, { write: (line) => void told.push(line) }));
    for (const lost of [1, 2]) {
      log.add(access);
      passSecond();
      await vi.waitUntil(() => log.lost === lost, wait);
    }
    await rm(file);
    log.add({ ...access, status: 404 });
    await log.close();
    expect(log.lost).toBe(2);
    expect(await readFile(file, 'utf8')).toMatch(/^\n192\.0\.2\.1 .* 404 .*\n$/);
    expect(told).toEqual([
      expect.stringMatching(/ENOSPC.*make room on the disk/),
      expect.stringMatching(/"lines":2.*written again/),
    ]);
  });

  test('keeps a bounded number of lines while the disk hangs, and writes those', async () => {
    const file = join(dir, 'access.log');
    execFileSync('mkfifo', [file]);
    const log = openAccessLog(file, silent);
    log.add(access);
    passSecond(); // the pipe is being opened, which waits for a reader
    for (let n = 0; n < 25_000; n++) log.add(access);
    expect(log.lost).toBe(15_000);
    passSecond();
    const reader = await open(file, 'r');
    const closed = log.close();
    const lines = await countLines(reader, 10_001);
    await closed;
    await reader.close();
    expect(lines).toBe(10_001);
  });

  test('moves a file of more than 10 MiB to FILE.1', async () => {
    const file = join(dir, 'access.log');
    await writeFile(file, 'x'.repeat(10 * 1024 * 1024 + 1));
    const log = openAccessLog(file, silent);
    log.add(access);
    await log.close();
    expect((await stat(`${file}.1`)).size).toBe(10 * 1024 * 1024 + 1);
    expect(await readFile(file, 'utf8')).toMatch(/^192\.0\.2\.1 /);
  });
});
