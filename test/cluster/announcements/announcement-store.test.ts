import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ANNOUNCEMENTS_MAX,
  openAnnouncements,
  type Published,
} from '../../../src/cluster/announcements/announcement-store.js';
import { parseAnnouncement } from '../../../src/session/parse-announcement.js';
import { announcementXml, NIGHT, quiet, temporaryFolder } from '../support.js';

function publishedOf(session: string, title?: string): Published {
  const xml = announcementXml(session, title);
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return { announcement: parsed.value, xml };
}

const namesOf = (all: readonly Published[]) =>
  all.map(({ announcement }) => announcement.name.text);

describe('The announcements of a cluster', () => {
  test('are there again after a restart', async () => {
    const folder = temporaryFolder();
    const first = await openAnnouncements(folder, quiet);
    expect(await first.put(publishedOf(NIGHT))).toEqual({ kind: 'created' });
    expect(await first.put(publishedOf(NIGHT, 'Other'))).toEqual({ kind: 'replaced' });
    const second = await openAnnouncements(folder, quiet);
    expect(second.get(NIGHT)?.announcement.title).toBe('Other');
    expect(await second.remove(publishedOf(NIGHT).announcement.name)).toBe(true);
    expect((await openAnnouncements(folder, quiet)).all()).toEqual([]);
  });

  test('lie where their names say, without any other file', async () => {
    const folder = temporaryFolder();
    const store = await openAnnouncements(folder, quiet);
    await Promise.all(['a', 'b', 'c'].map((title) => store.put(publishedOf(NIGHT, title))));
    expect(readdirSync(`${folder}/announcements/radio.example`)).toEqual(['night.xml']);
    const onDisk = readFileSync(`${folder}/announcements/radio.example/night.xml`, 'utf8');
    expect(onDisk).toBe(store.get(NIGHT)?.xml);
  });

  test('are at most 256', async () => {
    const store = await openAnnouncements(temporaryFolder(), quiet);
    const session = (n: number) => `scattercast://radio.example/s${n}`;
    for (let n = 0; n < ANNOUNCEMENTS_MAX; n++) await store.put(publishedOf(session(n)));
    expect(await store.put(publishedOf(NIGHT))).toEqual({ kind: 'tooMany' });
    expect(await store.put(publishedOf(session(0)))).toEqual({ kind: 'replaced' });
    expect(store.all()).toHaveLength(ANNOUNCEMENTS_MAX);
  });

  test('that are damaged, or whose name is not that of their file, are ignored', async () => {
    const folder = temporaryFolder();
    const creator = `${folder}/announcements/radio.example`;
    mkdirSync(creator, { recursive: true });
    writeFileSync(`${creator}/night.xml`, '<SCATTERCAST');
    writeFileSync(`${creator}/wrong.xml`, announcementXml(NIGHT));
    writeFileSync(`${creator}/half.xml.1234.tmp`, 'x');
    writeFileSync(`${creator}/day.xml`, announcementXml('scattercast://radio.example/day'));
    const store = await openAnnouncements(folder, quiet);
    expect(namesOf(store.all())).toEqual(['scattercast://radio.example/day']);
    expect(readdirSync(creator)).toHaveLength(4);
  });

  test('that the disk refuses do no harm', async () => {
    const folder = temporaryFolder();
    const store = await openAnnouncements(folder, quiet);
    await store.put(publishedOf(NIGHT));
    // A file where a folder should be: works for root too, which no permission stops.
    writeFileSync(`${folder}/announcements/other.example`, '');
    const result = await store.put(publishedOf('scattercast://other.example/day'));
    expect(result).toEqual({ kind: 'failed', error: expect.objectContaining({ code: 'EEXIST' }) });
    expect(namesOf(store.all())).toEqual([NIGHT]);
    rmSync(`${folder}/announcements/other.example`);
    expect(await store.put(publishedOf('scattercast://other.example/day'))).toEqual({
      kind: 'created',
    });
  });
});
