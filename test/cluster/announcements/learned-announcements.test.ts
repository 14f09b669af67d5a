import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  LEARNED_MAX,
  type Learned,
  openLearned,
} from '../../../src/cluster/announcements/learned-announcements.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { announcementIn } from '../../session/signed.js';
import { announcementXml, idOf, NIGHT, quiet, temporaryFolder } from '../support.js';

const sessionOf = (n: number): string => idOf(`scattercast://radio.example/session-${n}`);

/** One document for each session. */
const documents = new Map<string, string>();
function documentOf(session: string): string {
  const xml = documents.get(session) ?? announcementXml(session);
  documents.set(session, xml);
  return xml;
}

function learnedOf(session: string, over: Partial<Learned> = {}): Learned {
  const xml = over.xml ?? documentOf(session);
  const url = 'http://web.example/a.xml';
  return { announcement: announcementIn(xml), url, xml, fetchedAt: 1000, ...over };
}

const filesIn = (folder: string): string[] => readdirSync(`${folder}/learned`).sort();

describe('The memory of fetched announcements', () => {
  test('is there again after a restart, for its own user only', async () => {
    const folder = temporaryFolder();
    const first = await openLearned(folder, quiet);
    expect(first.use(NIGHT)).toBeUndefined();
    first.put(learnedOf(NIGHT));
    expect(first.use(NIGHT)).toEqual(learnedOf(NIGHT));
    await first.saved();
    const [file] = filesIn(folder);
    expect(statSync(`${folder}/learned/${file}`).mode & 0o777).toBe(0o600);
    expect((await openLearned(folder, quiet)).all()).toEqual([learnedOf(NIGHT)]);
  });

  test('writes a document again when it has changed, or after ten minutes', async () => {
    const folder = temporaryFolder();
    const learned = await openLearned(folder, quiet);
    const savedTime = async (over: Partial<Learned>): Promise<number> => {
      learned.put(learnedOf(NIGHT, over));
      await learned.saved();
      return JSON.parse(readFileSync(`${folder}/learned/${filesIn(folder)[0]}`, 'utf8')).fetchedAt;
    };
    expect(await savedTime({ fetchedAt: 0 })).toBe(0);
    expect(await savedTime({ fetchedAt: 599_999 })).toBe(0);
    expect(await savedTime({ fetchedAt: 600_000 })).toBe(600_000);
    const url = 'http://web.example/b.xml';
    expect(await savedTime({ fetchedAt: 1_600_001, url })).toBe(600_000); // a copy
    const xml = announcementXml(NIGHT, 'Another title');
    expect(await savedTime({ fetchedAt: 600_002, url, xml })).toBe(600_002);
    expect(learned.all()).toHaveLength(1);
  });

  test('keeps the newest of a session, whoever fetched an older one later', async () => {
    const learned = await openLearned(temporaryFolder(), quiet);
    const [first, second] = [announcementXml(NIGHT, '1'), announcementXml(NIGHT, '2')];
    const newer = learnedOf(NIGHT, { xml: second });
    expect(learned.put(newer)).toEqual(newer);
    const url = 'http://evil.example/a.xml';
    expect(learned.put(learnedOf(NIGHT, { xml: first, url }))).toEqual(newer);
    const { issuedMs } = newer.announcement;
    const twin = announcementXml(NIGHT, 'of the same time', { issuedMs });
    expect(learned.put(learnedOf(NIGHT, { xml: twin, url }))).toEqual(newer);
    expect(learned.use(NIGHT)).toEqual(newer);
  });

  test('takes the same name with another key as another session', async () => {
    const learned = await openLearned(temporaryFolder(), quiet);
    learned.put(learnedOf(NIGHT));
    const key = drawSigningKey();
    learned.put(learnedOf(NIGHT, { xml: announcementXml(NIGHT, 'Evil', { key }) }));
    expect(learned.use(NIGHT)?.announcement.title).toBe('Night music');
    expect(learned.all()).toHaveLength(2);
  });

  test('holds a flood of sessions within its bound, and forgets none that is needed', async () => {
    const folder = temporaryFolder();
    const learned = await openLearned(folder, quiet);
    learned.put(learnedOf(NIGHT));
    for (let n = 0; n < 2 * LEARNED_MAX; n++) {
      learned.put(learnedOf(sessionOf(n)));
      learned.use(NIGHT); // as each lease renewal of its SCX does
    }
    expect(learned.all()).toHaveLength(LEARNED_MAX);
    await learned.saved();
    expect(filesIn(folder)).toHaveLength(LEARNED_MAX);
    const again = await openLearned(folder, quiet);
    expect(again.use(NIGHT)).toBeDefined();
    expect(again.use(sessionOf(2 * LEARNED_MAX - 1))).toBeDefined();
    expect(again.use(sessionOf(0))).toBeUndefined();
  });

  test('removes what is damaged, too large, misplaced or one too many', async () => {
    const folder = temporaryFolder();
    const learned = await openLearned(folder, quiet);
    learned.put(learnedOf(NIGHT));
    await learned.saved();
    const [kept] = filesIn(folder);
    const text = readFileSync(`${folder}/learned/${kept}`, 'utf8');
    writeFileSync(`${folder}/learned/${'0'.repeat(32)}.json`, text);
    writeFileSync(`${folder}/learned/half.json`, text.slice(0, 40));
    writeFileSync(`${folder}/learned/large.json`, 'x'.repeat(1_000_000));
    mkdirSync(`${folder}/learned/folder/in/the/way`, { recursive: true });
    expect((await openLearned(folder, quiet)).all()).toEqual([learnedOf(NIGHT)]);
    expect(filesIn(folder)).toEqual([kept]);
  });

  test('leaves the directory alone once it is closed', async () => {
    const folder = temporaryFolder();
    const learned = await openLearned(folder, quiet);
    learned.put(learnedOf(NIGHT));
    await learned.close();
    expect(filesIn(folder)).toHaveLength(1);
    learned.put(learnedOf(sessionOf(1)));
    await learned.saved();
    expect(filesIn(folder)).toHaveLength(1);
    expect(learned.use(sessionOf(1))).toBeDefined();
  });

  test('goes on when the disk takes nothing', async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/learned`, 'no folder');
    const learned = await openLearned(folder, quiet);
    learned.put(learnedOf(NIGHT));
    await learned.saved();
    expect(learned.use(NIGHT)).toEqual(learnedOf(NIGHT));
  });
});
