import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, expect, test } from 'vitest';
import { fallbackLaunchSchema } from '../../../src/api/fallback-launch.js';
import { drawToken } from '../../../src/runtime/secrets.js';
import {
  createFallbackProcess,
  type FallbackProcess,
} from '../../../src/scx/sources/fallback-process.js';

const STAND_IN = fileURLToPath(new URL('fallback-stand-in.mjs', import.meta.url));
const SEED = drawToken();

const folder = mkdtempSync(join(tmpdir(), 'scattercast-fallback-'));
const open: FallbackProcess[] = [];
let count = 0;

afterEach(() => {
  for (const fallback of open.splice(0)) fallback.stop();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function setUp(entry = STAND_IN) {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const fallback = createFallbackProcess({
    entry,
    launch: {
      id: '1'.repeat(32),
      session: 'scattercast://radio.example/night',
      listenHost: '0.0.0.0',
      logLevel: 'info',
    },
    overlayAddress: 'radio.example:8101',
    log,
  });
  open.push(fallback);
  return { fallback, lines };
}

const file = (title = 'Night') => ({ path: join(folder, `${count++}`), title, seed: SEED });

interface Start {
  readonly words: string;
  readonly text: string;
  readonly pid: number;
}

/** The processes that were started for a file. */
function starts({ path }: { readonly path: string }): readonly Start[] {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Start);
  } catch {
    return [];
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const started = async (which: { readonly path: string }, times = 1): Promise<number> => {
  await expect.poll(() => starts(which).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(times);
  return starts(which)[times - 1]?.pid ?? 0;
};
const ended = (pid: number) => expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);

test('A fallback is played by a process that gets everything in its environment', async () => {
  const { fallback } = setUp();
  const night = file();
  fallback.play(night);
  await started(night);
  const [{ words, text } = { words: '', text: '' }] = starts(night);
  expect(words).toBe('fallback');
  expect(fallbackLaunchSchema.parse(JSON.parse(text))).toMatchObject({
    session: 'scattercast://radio.example/night',
    scx: { id: '1'.repeat(32), overlayAddress: '127.0.0.1:8101' },
    file: night,
  });
});

test('A fallback that is ordered again is not started again', async () => {
  const { fallback } = setUp();
  const [night, other] = [file(), file()];
  fallback.play(night);
  fallback.play({ ...night });
  await started(night);
  fallback.play({ ...night });
  fallback.play(other);
  await started(other);
  expect(starts(night)).toHaveLength(1);
});

test('A fallback ends before the next one begins, and when there is none any more', async () => {
  const { fallback } = setUp();
  const [one, two] = [file(), file()];
  fallback.play(one);
  const first = await started(one);
  fallback.play(two);
  const second = await started(two);
  expect(isAlive(first)).toBe(false);
  fallback.play(undefined);
  await ended(second);
});

test('A fallback that dies is started again and again, later each time', async () => {
  const { fallback, lines } = setUp();
  const broken = file('dies');
  fallback.play(broken);
  await started(broken, 3);
  const delays = lines.flatMap((line) => (JSON.parse(line) as { inMs?: number }).inMs ?? []);
  expect(delays.slice(0, 2)).toEqual([250, 500]);
  fallback.stop();
});

test('A fallback that is killed is started again', async () => {
  const { fallback } = setUp();
  const night = file();
  fallback.play(night);
  process.kill(await started(night), 'SIGKILL');
  await started(night, 2);
});

test('A fallback that cannot be started does no harm, and its log holds no secret', async () => {
  const { fallback, lines } = setUp('/nowhere');
  fallback.play(file());
  await expect.poll(() => lines.join(), { timeout: 20_000 }).toContain('has ended');
  fallback.stop();
  expect(lines.join()).not.toContain(SEED);
});
