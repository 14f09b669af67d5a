import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openTitleHistory } from '../../../src/cluster/status/title-history.js';
import { temporaryFolder } from '../support.js';

const NIGHT = 'radio.example/night';

const log = pino({ level: 'silent' });
const open = (folder = temporaryFolder()) => openTitleHistory(folder, log);
const playing = (title: string | null) => ({ playing: 'a', title });
const listeners = () => 12;

describe('The history of titles', () => {
  test('has each new title once, the newest first', async () => {
    const history = await open();
    for (const title of ['A', 'A', null, 'A', '', 'B', 'A']) {
      history.onStatus(NIGHT, playing(title), listeners);
    }
    history.onStatus(NIGHT, { playing: null, title: 'C' }, listeners);
    expect(history.of(NIGHT).map(({ title }) => title)).toEqual(['A', 'B', 'A']);
    expect(history.of('radio.example/day')).toEqual([]);
    await history.close();
  });

  test('keeps twenty titles of a session', async () => {
    const history = await open();
    for (let n = 0; n < 30; n++) history.onStatus(NIGHT, playing(`${n}`), listeners);
    const titles = history.of(NIGHT).map(({ title }) => title);
    expect([titles.length, titles[0], titles.at(-1)]).toEqual([20, '29', '10']);
    await history.close();
  });

  test("is a file in Icecast's format, and is known again after a restart", async () => {
    const folder = temporaryFolder();
    const before = await open(folder);
    before.onStatus(NIGHT, playing('A | B'), listeners);
    await before.close();
    const file = `${folder}/playlist.log`;
    expect(readFileSync(file, 'utf8')).toMatch(
      /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\|\/radio\.example\/night\|12\|A \| B\n$/,
    );
    appendFileSync(file, 'noise\n\0\n');
    const after = await open(folder);
    after.onStatus(NIGHT, playing('A | B'), listeners);
    const [title, ...others] = after.of(NIGHT);
    expect([title?.title, others]).toEqual(['A | B', []]);
    expect(title?.at).toBeGreaterThan(Date.now() - 3_600_000);
    await after.close();
  });

  test('reads the end of a long file only', async () => {
    const folder = temporaryFolder();
    const line = '30/Nov/2026:01:02:03 +0000|/radio.example/night|1|';
    const old = `${line.replace('night', 'day')}old\n${`${line}long ago\n`.repeat(10_000)}`;
    writeFileSync(`${folder}/playlist.log`, `${old}${line}new\n`);
    const history = await open(folder);
    expect(history.of(NIGHT)[0]?.title).toBe('new');
    expect(history.of('radio.example/day')).toEqual([]);
    await history.close();
  });
});
