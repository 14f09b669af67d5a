import { describe, expect, test } from 'vitest';
import { parseSessionPath } from '../../../src/session/session-name.js';
import { signedXml } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const STREAM = /^http:\/\/radio\.example:81\d\d\/night\.mp3$/;

const name = parseSessionPath(PATH);
if (!name.ok) throw new Error('no name');
const mounts = new Map([
  ['/live', name.value],
  ['/studio.mp3', name.value],
]);

async function startWithNight() {
  const fake = await startFake({ mounts });
  await fake.publish('a.example/first', announcementXml('scattercast://a.example/first'));
  await fake.publish(PATH, announcementXml(NIGHT));
  return fake;
}

describe('A session is heard', () => {
  test('at every path at which it is fed, and as players of SHOUTcast ask', async () => {
    const { get, at } = await startWithNight();
    const paths = [
      ...[`/${PATH}`, `/${PATH}.mp3`, `/${PATH}.MP3`, `/${PATH}.mp3;`, `/RADIO.example/night`],
      ...[`/listen/${PATH}`, `/listen/${PATH}.MP3`, `/listen/${PATH}.mp3;stream.nsv`],
      ...['/live', '/live.mp3', '/live;', '/studio.mp3', '/studio', '/radio.example/ni%67ht'],
      ...['/;', '/;stream.nsv', '/;?type=http&nocache=1', '/listen', '/listen?proxy=0'],
      ...['/stream', '/stream.mp3'],
    ];
    for (const path of paths) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 302]);
      expect(answer.headers.get('location')).toMatch(STREAM);
      expect((await get(path, { method: 'HEAD' })).status).toBe(302);
      const preflight = await fetch(`${at}${path}`, { method: 'OPTIONS' });
      expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    }
  });

  test('at lower bit rates that its announcement offers, and is told where it does not', async () => {
    const { get, publish, cluster } = await startFake({ mounts });
    const more = '<r:RENDITIONS>64,32</r:RENDITIONS>';
    await publish(PATH, announcementXml(NIGHT, 'Night', { more }));
    for (const path of [
      `/listen/${PATH}.64.mp3`,
      `/${PATH}.64.mp3`,
      `/${PATH}.64`,
      '/live.64.mp3',
    ]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 302]);
      expect(answer.headers.get('location')).toMatch(
        /^http:\/\/radio\.example:81\d\d\/night\.64\.mp3$/,
      );
    }
    const playlist = await (await get(`/listen/${PATH}.32.m3u`)).text();
    expect(playlist).toContain(`${cluster.url}/listen/${PATH}.32.mp3\n`);
    for (const path of [`/listen/${PATH}.96.mp3`, `/${PATH}.96.mp3`]) {
      const refused = await get(path);
      expect([path, refused.status]).toEqual([path, 404]);
      expect(await refused.text()).toContain(`/listen/${PATH}.mp3, /listen/${PATH}.64.mp3`);
    }
    expect((await get(`/listen/${PATH}.64.m3u8`)).status).toBe(404);
    const page = await (await get(`/${PATH}`, { headers: { Accept: 'text/html' } })).text();
    expect(page).toContain(`/listen/${PATH}.32.mp3`);
  });

  test('by its own name where that looks like the rendition of another one', async () => {
    const { get, publish } = await startFake();
    const more = '<r:RENDITIONS>64</r:RENDITIONS>';
    await publish(PATH, announcementXml(NIGHT, 'Night', { more }));
    await publish(`${PATH}.64`, announcementXml('scattercast://radio.example/night.64'));
    const answer = await get(`/listen/${PATH}.64.mp3`);
    expect(answer.headers.get('location')).toMatch(/\/night\.64\.mp3$/);
    expect((await get(`/listen/${PATH}.64.64.mp3`)).status).toBe(404);
  });

  test('through playlists beside each of them, which name the one address', async () => {
    const { get, cluster } = await startWithNight();
    const playlists = [`/${PATH}.m3u`, `/${PATH}.pls`, `/${PATH}.XSPF`, '/live.m3u', '/studio.pls'];
    for (const path of [...playlists, '/listen.pls', '/listen.m3u']) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(await answer.text()).toContain(`${cluster.url}/listen/${PATH}.mp3`);
    }
  });

  test('as the first of a cluster without mounts, which is no directory', async () => {
    const { get, publish } = await startFake();
    const sound = announcementXml('scattercast://a.example/all');
    await publish('a.example/all', signedXml(sound.replace('CHANNEL id="1"', 'CHANNEL id="3"')));
    for (const path of ['/;', '/listen', '/listen.pls']) {
      expect((await get(path)).status).toBe(path === '/;' ? 404 : 400);
    }
    await publish(PATH, announcementXml(NIGHT));
    expect((await get('/;')).headers.get('location')).toMatch(STREAM);
    expect((await get('/listen.pls')).status).toBe(200);
    expect((await get('/listen?announcement=')).status).toBe(400);
  });
});

describe('A path that is no mount', () => {
  test.each([
    ['/radio.example/day', 'not known at this cluster'],
    ['/nothing', 'There is nothing here'],
    ['/a/b/c', 'There is nothing here'],
    ['/radio.example/night/x', 'There is nothing here'],
    ['/%2e%2e/passwd', 'There is nothing here'],
    ['/<b>/x', 'There is nothing here'],
  ])('%s is 404, with a sentence', async (path, sentence) => {
    const { get } = await startWithNight();
    const answer = await get(path);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining(sentence)]);
  });

  test('takes nothing but requests to read', async () => {
    const { get } = await startWithNight();
    for (const path of ['/live', `/${PATH}`]) {
      expect((await get(path, { method: 'POST' })).status).toBe(404);
      expect((await get(path, { method: 'DELETE' })).status).toBe(404);
    }
  });

  test('is a page where there is one', async () => {
    const { get } = await startFake({ mounts: new Map([['/status', name.value]]) });
    expect((await get('/status')).headers.get('content-type')).toMatch(/json/);
    expect((await get('/')).headers.get('content-type')).toMatch(/html/);
  });
});
