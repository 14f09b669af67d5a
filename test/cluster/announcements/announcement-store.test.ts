import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ANNOUNCEMENTS_MAX,
  openAnnouncements,
  type Published,
} from '../../../src/cluster/announcements/announcement-store.js';
import { NOTHING_SET_UP } from '../../../src/cluster/announcements/owner.js';
import { drawSigningKey, type SigningKey } from '../../../src/runtime/signing-key.js';
import { announcementIn } from '../../session/signed.js';
import { announcementXml, quiet, temporaryFolder } from '../support.js';

const NIGHT = 'scattercast://radio.example/night';

function publishedOf(session: string, title?: string, key?: SigningKey): Published {
  const xml = announcementXml(session, title, key && { key });
  return { announcement: announcementIn(xml), xml, owner: NOTHING_SET_UP };
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
    expect(readdirSync(`${folder}/announcements/radio.example`)).toEqual([
      'night.json',
      'night.xml',
    ]);
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

  test('that are not signed, or were altered, are ignored and left alone', async () => {
    const folder = temporaryFolder();
    const creator = `${folder}/announcements/radio.example`;
    mkdirSync(creator, { recursive: true });
    const xml = announcementXml(NIGHT);
    writeFileSync(`${creator}/night.xml`, xml.replace('Night music', 'Evil music'));
    const unsigned = announcementXml('scattercast://radio.example/day');
    writeFileSync(`${creator}/day.xml`, unsigned.replace(/<radio:SIGNATURE>.*SIGNATURE>/, ''));
    const store = await openAnnouncements(folder, quiet);
    expect(store.all()).toEqual([]);
    expect(readdirSync(creator)).toHaveLength(2);
    expect(await store.put(publishedOf(NIGHT))).toEqual({ kind: 'created' });
  });

  test('are replaced by newer ones only, of the same key', async () => {
    const store = await openAnnouncements(temporaryFolder(), quiet);
    const [first, second, third] = ['1', '2', '3'].map((title) => publishedOf(NIGHT, title));
    expect(await store.put(second!)).toEqual({ kind: 'created' });
    expect(await store.put(first!)).toEqual({ kind: 'older' });
    expect(await store.put(second!)).toEqual({ kind: 'replaced' });
    const { issuedMs } = second!.announcement;
    const xml = announcementXml(NIGHT, 'of the same time', { issuedMs });
    const twin = { ...second!, xml, announcement: announcementIn(xml) };
    expect(await store.put(twin)).toEqual({ kind: 'older' });
    expect(await store.put(publishedOf(NIGHT, 'stolen', drawSigningKey()))).toEqual({
      kind: 'otherKey',
    });
    expect(store.get(NIGHT)?.announcement.title).toBe('2');
    expect(await store.put(third!)).toEqual({ kind: 'replaced' });
  });

  test('that were withdrawn do not come back, also after a restart; newer ones do', async () => {
    const folder = temporaryFolder();
    const first = await openAnnouncements(folder, quiet);
    const [older, withdrawn, newer] = ['1', '2', '3'].map((title) => publishedOf(NIGHT, title));
    await first.put(withdrawn!);
    await first.remove(withdrawn!.announcement.name);
    for (const store of [first, await openAnnouncements(folder, quiet)]) {
      expect(await store.put(withdrawn!)).toEqual({ kind: 'withdrawn' });
      expect(await store.put(older!)).toEqual({ kind: 'withdrawn' });
    }
    const other = publishedOf(NIGHT, 'of another key', drawSigningKey());
    expect(await first.put(other)).toEqual({ kind: 'created' });
    await first.remove(other.announcement.name);
    expect(await first.put(newer!)).toEqual({ kind: 'created' });
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
