import { describe, expect, test } from 'vitest';
import type { Mounts } from '../../../src/cluster/ingest/session-of-mount.js';
import { parseSessionPath } from '../../../src/session/session-name.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const SOURCE = '00000000000000bb';
const TITLE = `Tea & <b>biscuits</b>, "one", it's`;

const name = parseSessionPath(PATH);
if (!name.ok) throw new Error('no name');
const SESSION = name.value;

const sourceAt = (scx: string, audience: number, mount?: string) => ({
  ...{ id: SOURCE, scx, priority: 128, costMs: 0, path: [], audience, flows: [] },
  ...(mount === undefined ? {} : { mount }),
});

const LIVE: Mounts = new Map([
  ['/live', SESSION],
  ['/Soirée', SESSION],
]);

/**
 * A cluster with one session on the air; `at` is the SCX of the source, or '' for the one here, and
 * `mount` what its encoder feeds.
 */
async function onAir(at = '', mounts = LIVE, mount?: string) {
  const fake = await startFake({ mounts });
  const homepage = '<r:HOMEPAGE>https://radio.example/</r:HOMEPAGE>';
  const xml = announcementXml(NIGHT, undefined, { more: homepage });
  await fake.publish(PATH, xml);
  await expect.poll(() => fake.platform.launches.length).toBe(1);
  const { id } = fake.platform.launches[0]!;
  await fake.platform.renew(id, {
    ...{ playing: SOURCE, title: TITLE, bitrateKbps: 128, listeners: 3, listenersPeak: 5 },
    ...{ sampleRateHz: 44_100, audioChannels: 2, sources: [sourceAt(at || id, 17, mount)] },
  });
  const text = async (path: string) => (await fake.get(path)).text();
  const icestats = async (query = '') =>
    JSON.parse(await text(`/status-json.xsl${query}`)).icestats as { source?: unknown };
  return { ...fake, text, icestats };
}

describe('status-json.xsl', () => {
  test.each([...['/live', '/live.mp3', `/${PATH}`, `/${PATH}.mp3`, '/Soir%C3%A9e']])(
    'names the mount that an encoder feeds: %s',
    async (mount) => {
      const { icestats, get, cluster } = await onAir('', LIVE, mount);
      const { source } = await icestats();
      expect(source).toMatchObject({ listenurl: `${cluster.url}${mount}` });
      expect((await get(mount)).status).toBe(302);
      expect(await icestats(`?mount=${mount}`)).toHaveProperty('source.listeners', 17);
    },
  );

  test.each([
    ['where the session is not heard', '', '/night'],
    ['that is malformed', '', '/%zz'],
    ['that an SCX elsewhere says', '00000000000000cc', `/${PATH}`],
  ])('believes no mount %s', async (_what, at, mount) => {
    const { icestats, cluster } = await onAir(at, LIVE, mount);
    expect((await icestats()).source).toMatchObject({ listenurl: `${cluster.url}/live.mp3` });
  });

  test('without such a mount names that of the operator, the form of the audio and the home page', async () => {
    const { icestats, get, cluster } = await onAir();
    const { source } = await icestats();
    expect(source).toMatchObject({
      listenurl: `${cluster.url}/live.mp3`,
      audio_info: 'channels=2;samplerate=44100;bitrate=128',
      ...{ samplerate: 44_100, channels: 2, bitrate: 128, server_url: 'https://radio.example/' },
    });
    const { listenurl } = source as { listenurl: string };
    expect((await get(new URL(listenurl).pathname)).status).toBe(302);
  });

  test('without a mount of the operator names the session itself', async () => {
    const { icestats, cluster } = await onAir('', new Map());
    expect((await icestats()).source).toMatchObject({ listenurl: `${cluster.url}/${PATH}.mp3` });
  });

  test('counts the listeners of all clusters where the source is attached, else those here', async () => {
    const here = await onAir();
    expect((await here.icestats()).source).toMatchObject({ listeners: 17, listener_peak: 17 });
    const elsewhere = await onAir('00000000000000cc');
    expect((await elsewhere.icestats()).source).toMatchObject({ listeners: 3, listener_peak: 5 });
  });

  test('shows one mount if that is asked for', async () => {
    const { icestats } = await onAir();
    for (const mount of ['/live', '/live.mp3', `/${PATH}`, `/${PATH}.mp3`]) {
      expect(await icestats(`?mount=${mount}`)).toHaveProperty('source.listeners', 17);
    }
    for (const mount of ['/other', '/radio.example/day', '%00', '/%zz']) {
      expect(await icestats(`?mount=${mount}`)).not.toHaveProperty('source');
    }
  });
});

describe('The pages of SHOUTcast and Icecast', () => {
  test('describe the first session, with every text escaped', async () => {
    const { text } = await onAir();
    const escaped = 'Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;, &quot;one&quot;, it&#39;s';
    expect(await text('/7.html')).toBe(`<html><body>17,1,17,100,17,128,${escaped}</body></html>\n`);
    const xml = await text('/stats?sid=1');
    expect(xml).toMatch(/^<\?xml .*\n<SHOUTCASTSERVER>.*<\/SHOUTCASTSERVER>\n$/);
    expect(xml).toContain(`<SONGTITLE>${escaped}</SONGTITLE><STREAMSTATUS>1</STREAMSTATUS>`);
    expect(JSON.parse(await text('/stats?sid=1&json=1'))).toMatchObject({
      ...{ currentlisteners: 17, servertitle: 'Night music', songtitle: TITLE },
      ...{ streamstatus: 1, streampath: '/live.mp3', samplerate: 44_100 },
    });
    const page = await text('/status.xsl');
    expect(page).toContain(`<td>Currently playing:</td><td class="streamstats">${escaped}</td>`);
    expect(page).toContain('Mount Point /live.mp3');
  });

  test('tell the title alone, as text', async () => {
    const { get, text } = await onAir();
    expect(await text('/currentsong?sid=1')).toBe(TITLE);
    expect(await text('/currentsong?sid=2')).toBe('');
    expect((await get('/currentsong')).headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('tell the titles that were played, in each form', async () => {
    const { get, text } = await onAir();
    const found = JSON.parse(await text('/played?sid=1&type=json'));
    expect(found).toEqual([{ playedat: expect.any(Number), title: TITLE }]);
    const escaped = 'Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;, &quot;one&quot;, it&#39;s';
    expect(await text('/played?type=xml')).toContain(`<TITLE>${escaped}</TITLE>`);
    for (const path of ['/played', '/played.html']) {
      expect(await text(path)).toContain(`<td>${escaped}</td>`);
    }
    expect(JSON.parse(await text('/played?sid=2&type=json'))).toEqual([]);
    expect((await get('/played.html')).headers.get('content-type')).toMatch(/^text\/html/);
  });

  test('say that nothing is on the air', async () => {
    const { get } = await startFake();
    const text = async (path: string) => (await get(path)).text();
    expect(await text('/7.html')).toBe('<html><body>0,0,0,0,0,0,</body></html>\n');
    expect(await text('/stats')).toContain('<STREAMSTATUS>0</STREAMSTATUS>');
    expect(await text('/status.xsl')).toContain('Nothing is on the air.');
  });

  test('have the types that their readers expect, and run no script', async () => {
    const { get } = await startFake();
    const types = { '/7.html': 'text/html', '/status.xsl': 'text/html', '/stats': 'text/xml' };
    for (const [path, type] of Object.entries(types)) {
      const { headers } = await get(path);
      expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });
});

describe('A cluster', () => {
  test('keeps robots away from its streams, and lets them find its page', async () => {
    const { get } = await startFake();
    const response = await get('/robots.txt');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe('User-agent: *\nAllow: /$\nDisallow: /\n');
  });

  test('has an icon where browsers look for one', async () => {
    const { get } = await startFake();
    const response = await get('/favicon.ico');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      ...[200, 'image/svg+xml; charset=utf-8'],
    ]);
  });
});
