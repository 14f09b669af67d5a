import { describe, expect, test } from 'vitest';
import { printPlaylist } from '../../../src/cluster/listen/playlists.js';
import { isRedirectShy } from '../../../src/cluster/listen/redirect-shy.js';
import { SESSION_KEY } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const TITLE = 'Tea &amp; &lt;b&gt; Grüße';
const text = (kind: 'm3u' | 'pls' | 'xspf', url: string): string =>
  printPlaylist(kind, { url, title: 'Tea & <b>' }).body.toString();

describe('A playlist', () => {
  test('has the form that players know', () => {
    const url = 'http://h/x.mp3?announcement=a&b';
    expect(text('m3u', url)).toBe(`#EXTM3U\n#EXTINF:-1,Tea & <b>\n${url}\n`);
    expect(text('pls', url)).toBe(
      `[playlist]\nNumberOfEntries=1\nFile1=${url}\nTitle1=Tea & <b>\nLength1=-1\nVersion=2\n`,
    );
    expect(text('xspf', url)).toContain('<location>http://h/x.mp3?announcement=a&amp;b</location>');
    expect(text('xspf', url)).toContain('<title>Tea &amp; &lt;b&gt;</title>');
  });

  test.each([
    ['m3u', 'audio/x-mpegurl'],
    ['pls', 'audio/x-scpls'],
    ['xspf', 'application/xspf+xml'],
  ])('.%s names the address of the cluster, and starts no SCX', async (kind, type) => {
    const { cluster, get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT, TITLE));
    const announcement = encodeURIComponent(`${cluster.url}/announcements/${PATH}.xml`);
    for (const path of [
      `/listen/${PATH}.${kind}`,
      `/listen.${kind}?announcement=${announcement}`,
    ]) {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('cache-control')).toBe('no-store');
      const body = await response.text();
      expect(body).toContain(`${cluster.url}/listen/${PATH}.mp3`);
      expect(body).not.toContain('announcement=');
      expect(body).toContain('Grüße');
      const head = await get(path, { method: 'HEAD' });
      expect(head.headers.get('content-length')).toBe(`${Buffer.byteLength(body)}`);
    }
    expect(platform.launches).toHaveLength(1); // the rendezvous point
  });

  test('of a session from elsewhere says where its announcement is', async () => {
    const first = await startFake();
    await first.publish(PATH, announcementXml(NIGHT));
    const url = `${first.at}/announcements/${PATH}.xml`;
    const { cluster, get } = await startFake();
    const query = `announcement=${encodeURIComponent(url)}`;
    const m3u = await (await get(`/listen.m3u?${query}&proxy=1`)).text();
    const keyed = `${PATH}@${SESSION_KEY.publicKey}`;
    expect(m3u).toContain(`\n${cluster.url}/listen/${keyed}.mp3?proxy=1&${query}&.mp3\n`);

    const restarted = await startFake();
    for (const path of [PATH, keyed]) {
      expect((await restarted.get(`/listen/${path}.mp3?${query}`)).status).toBe(302);
    }
    expect((await restarted.get(`/listen/${PATH}.mp3`)).status).toBe(404);
    expect((await restarted.get(`/listen/${keyed}.mp3`)).status).toBe(302);
    const other = await restarted.get(`/listen/radio.example/day.mp3?${query}`);
    expect([other.status, await other.text()]).toEqual([404, expect.stringContaining(keyed)]);
  });

  test('has the name of a proxy that ends the encryption, if that is trusted', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'radio.example' };
    const trusting = await startFake();
    await trusting.publish(PATH, announcementXml(NIGHT));
    const ask = async (from: typeof trusting, more = {}) =>
      (await from.get(`/listen/${PATH}.m3u`, { headers: { ...headers, ...more } })).text();
    expect(await ask(trusting)).toContain(`\nhttps://radio.example/listen/${PATH}.mp3\n`);
    const evil = { 'x-forwarded-host': 'a/b?c' };
    expect(await ask(trusting, evil)).toContain(`\n${trusting.cluster.url}/listen/`);
    const wary = await startFake({ trustedProxies: [] });
    await wary.publish(PATH, announcementXml(NIGHT));
    expect(await ask(wary)).toContain(`\n${wary.cluster.url}/listen/${PATH}.mp3\n`);
  });

  test.each([
    ['/listen.m3u', 400],
    ['/listen.wma?announcement=x', 404],
    [`/listen/${PATH}.wma`, 404],
    ['/listen/radio.example/nobody.pls', 404],
    ['/listen/radio.example/.m3u', 404],
  ])('is not at %s', async (path, status) => {
    const { get } = await startFake();
    expect((await get(path)).status).toBe(status);
  });
});

test('Players that are known not to follow redirects are recognised by their User-Agent', () => {
  expect(['ESP8266HTTPClient', 'ESP32HTTPClient'].map(isRedirectShy)).toEqual([true, true]);
  const others = ['VLC/3.0', 'mpg123/1.31', 'Mozilla/5.0 ESP32HTTPClient', 'ESP32HTTPClientX', ''];
  expect([...others, undefined].some(isRedirectShy)).toBe(false);
});
