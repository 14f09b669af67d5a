/** The history of a front end: its thread and its file are real, also where the disk is not well. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../../src/api/dashboard/history-rows.js';
import { type History, openHistory } from '../../../src/cluster/history/history.js';
import { afterTest } from '../../after-test.js';
import { mountDisk } from '../../e2e/support/small-disk.js';
import { temporaryFolder } from '../support.js';

const DAY = 86_400;
const now = Math.floor(Date.now() / DAY / 1000) * DAY;
const WHOLE = { from: now - DAY, to: now + DAY };

const sample = (at: number, listeners: number, name = 'a.example/one'): Sample => ({
  ...{ kind: 'session', name, at, measuredMs: 10_000, listeningMs: listeners * 10_000 },
  ...{ peak: listeners, starts: 1 },
});

/** A history, and what its log says. */
function open(dataDir: string, writeMs = 3_600_000): { history: History; said: () => string } {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const history = openHistory({ dataDir, bytesMax: 4_000_000, log, writeMs });
  afterTest(history.close);
  return { history, said: () => lines.join('') };
}

const listened = async (history: History): Promise<number> => {
  const rows = await history.listening(WHOLE);
  return rows.reduce((sum, { listeningMs }) => sum + listeningMs, 0) / 10_000;
};

describe('The history', () => {
  test('is written by itself, shows what is not written yet, and has it after a restart', async () => {
    const dataDir = temporaryFolder();
    const { history, said } = open(dataDir, 20);
    expect(existsSync(`${dataDir}/history.db`)).toBe(false); // no thread is started for nothing
    history.add([sample(now, 4), sample(now + 10, 2)]);
    await expect.poll(() => history.state.bytes).toBeGreaterThan(0); // it is written by itself
    history.note({ at: now * 1000, kind: 'scx', session: 'a.example/one', text: 'It ended.' });
    expect(await listened(history)).toBe(6);
    history.add([sample(now + 20, 3)]);
    await history.close();
    const again = open(dataDir);
    expect(await listened(again.history)).toBe(9);
    expect((await again.history.events(5)).map(({ text }) => text)).toEqual(['It ended.']);
    expect(again.history.state).toMatchObject({ isWritten: true, lost: 0, reason: '' });
    expect(said() + again.said()).toBe('');
  });

  test('goes on without a file that cannot be written, says so once, and counts', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(`${dataDir}/history.db`); // no file can be opened there
    const { history, said } = open(dataDir);
    for (const at of [0, 10]) {
      history.add([sample(now + at, 1)]);
      await expect(history.events(1)).rejects.toThrow();
    }
    expect(history.state).toMatchObject({ isWritten: false, lost: 2 });
    expect(said().match(/cannot be written/g)).toHaveLength(1);
    rmSync(`${dataDir}/history.db`, { recursive: true });
    history.add([sample(now, 5)]);
    expect(await listened(history)).toBe(5);
    expect(history.state.isWritten).toBe(true);
    expect(said()).toContain('The history is written again.');
  });

  test('begins anew when its file is damaged, also while it is in use', async () => {
    const dataDir = temporaryFolder();
    const file = `${dataDir}/history.db`;
    const first = open(dataDir);
    first.history.add(Array.from({ length: 500 }, (_, at) => sample(now + at * 10, 1, `s${at}`)));
    await first.history.events(1);
    await first.history.close();
    writeFileSync(file, readFileSync(file).fill(0x5a, 4096));
    const { history, said } = open(dataDir);
    history.add([sample(now, 7)]);
    expect(await listened(history)).toBe(7);
    expect(said()).toContain('history.db.broken');
    expect(existsSync(`${file}.broken`)).toBe(true);
  });

  test.skipIf(process.getuid?.() !== 0)('outlives a disk that is full', async () => {
    const disk = mountDisk(temporaryFolder(), '1m');
    afterTest(disk.close);
    const { history, said } = open(disk.path);
    history.add([sample(now, 1)]);
    await history.events(1);
    disk.fill();
    history.add(Array.from({ length: 800 }, (_, at) => sample(now, 1, `s${at}`)));
    await history.events(1).catch(() => undefined);
    expect(history.state).toMatchObject({ isWritten: false, lost: 800 });
    disk.empty();
    history.add([sample(now + 10, 2)]);
    expect(await listened(history)).toBe(3);
    expect(said().match(/cannot be written/g)).toHaveLength(1);
    await history.close();
  });
});
