/** HLS at the front end: to an SCX, or through the front end. */
import { describe, expect, test } from 'vitest';
import { startFed } from '../fake-scx.js';

const ID = 'id=0123456789abcdef0123456789abcdef';
const SEGMENT = 'aaaaaaaaaaaaaaaa-100-100.mp3?t=0123456789ab';

describe('A player of HLS', () => {
  test('is sent to the playlist of an SCX, with the id that it has', async () => {
    const { get, httpUrl, at } = await startFed();
    const playlist = httpUrl.replace(/mp3$/, 'm3u8');
    const base = '/listen/radio.example/night.m3u8';
    for (const path of [base, '/radio.example/night.m3u8', '/listen/radio.example/night.M3U8']) {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('location')]).toEqual([302, playlist]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    const known = await get(`${base}?${ID}&x=${encodeURIComponent('\r\nX: y')}`);
    expect(known.headers.get('location')).toBe(`${playlist}?${ID}`);
    expect((await get('/listen/radio.example/other.m3u8')).status).toBe(404);
    const written = await fetch(`${at}${base}`, { method: 'POST' });
    expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('takes the time that it asks for along, and where earlier sound has begun', async () => {
    const { get, httpUrl } = await startFed();
    const playlist = httpUrl.replace(/mp3$/, 'm3u8');
    const base = '/listen/radio.example/night.m3u8';
    for (const query of ['ago=10m', 'at=2026-11-30T16:00:00%2B01:00', `${ID}&from=17.0.18`]) {
      const { headers } = await get(`${base}?${query}`);
      expect(headers.get('location')).toBe(`${playlist}?${query}`);
    }
    const odd = await get(`${base}?ago=1m%0d%0a&from=1.2`);
    expect(odd.headers.get('location')).toBe(playlist);
    const segment = await get(`/listen/radio.example/night/${SEGMENT}&kept=17`);
    expect(segment.headers.get('location')).toContain(`/${SEGMENT}&kept=17`);
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'radio.example' };
    const proxied = await get('/radio.example/night.m3u8?ago=1h', { headers });
    const location = 'https://radio.example/listen/radio.example/night.m3u8?ago=1h';
    expect(proxied.headers.get('location')).toBe(location);
  });

  test('is sent there by the address of the announcement as well', async () => {
    const { get, cluster, httpUrl } = await startFed();
    const announcement = `${cluster.url}/announcements/radio.example/night.xml`;
    const path = `/listen.m3u8?${new URLSearchParams({ announcement })}&.m3u8`;
    const answer = await get(path);
    const playlist = httpUrl.replace(/mp3$/, 'm3u8');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, playlist]);
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'radio.example' };
    const proxied = await get(path, { headers });
    const location = 'https://radio.example/listen/radio.example/night.m3u8';
    expect([proxied.status, proxied.headers.get('location')]).toEqual([302, location]);
    expect((await get('/listen.m3u8?announcement=x')).status).toBe(400);
  });

  test('is sent to an SCX for each segment, which every one has', async () => {
    const { get, httpUrl } = await startFed();
    const folder = httpUrl.replace(/\.mp3$/, '');
    const answer = await get(`/listen/radio.example/night/${SEGMENT}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${folder}/${SEGMENT}`]);
    for (const odd of ['../../status?a=b', 'status', `${SEGMENT}/x`]) {
      const refused = await get(`/listen/radio.example/night/${encodeURIComponent(odd)}`);
      expect([refused.status, refused.headers.get('location')]).toEqual([404, null]);
    }
    expect((await get(`/listen/radio.example/other/${SEGMENT}`)).status).toBe(404);
  });

  test('gets all of it through the front end behind a web server that ends the encryption', async () => {
    const { client, fed } = await startFed();
    const asked = async (target: string): Promise<string> => {
      const count = fed.length;
      client(`GET ${target} HTTP/1.1\r\nHost: radio.example\r\nX-Forwarded-Proto: https\r\n\r\n`);
      await expect.poll(() => fed.length, { timeout: 20_000 }).toBe(count + 1);
      const read = (): string => Buffer.concat(fed[count]?.parts ?? []).toString();
      await expect.poll(read, { timeout: 20_000 }).toContain('\r\n\r\n');
      return read().split(' ', 2)[1] ?? '';
    };
    expect(await asked('/listen/radio.example/night.m3u8')).toBe('/night.m3u8?as=night');
    expect(await asked(`/listen/radio.example/night.m3u8?${ID}`)).toBe(
      `/night.m3u8?${ID}&as=night`,
    );
    expect(await asked(`/listen/radio.example/night/${SEGMENT}`)).toBe(`/night/${SEGMENT}`);
  });

  test('comes to the path with the segments behind it, where they pass the front end', async () => {
    const { get } = await startFed();
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'radio.example' };
    const answer = await get('/radio.example/night.m3u8', { headers });
    const location = 'https://radio.example/listen/radio.example/night.m3u8';
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
  });
});
