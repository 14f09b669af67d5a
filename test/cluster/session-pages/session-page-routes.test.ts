/** The page of a session, the small player, and the same as JSON; and the stream at the same address. */
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

/** The texts of all elements by name; throws where the XML is not well-formed. */
function parseXml(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const parser = new SaxesParser();
  let inner = '';
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', () => {
    inner = '';
  });
  parser.on('text', (part) => {
    inner += part;
  });
  parser.on('closetag', ({ name }) => {
    found[name] = [...(found[name] ?? []), inner];
    inner = '';
  });
  parser.write(text).close();
  return found;
}

const PATH = 'radio.example/night';
const ARROWS = '&lt;script&gt;alert(1)&lt;/script&gt;';
const BROWSER = { 'Sec-Fetch-Dest': 'document', Accept: 'text/html,*/*;q=0.8' };
const OLD_BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const xml = announcementXml(NIGHT, `${ARROWS}&quot; onload=&quot;`, {
  more: '<DESCRIPTION>Quiet &lt;b&gt;pieces&lt;/b&gt;</DESCRIPTION><r:GENRE>Ambient</r:GENRE>',
});

/** A cluster with a session that plays. */
async function startPlaying(title = 'Ella <i>&amp;') {
  const fake = await startFake();
  await fake.publish(PATH, xml);
  await expect.poll(() => fake.platform.launches.length).toBe(1);
  const id = `${fake.platform.launches[0]?.id}`;
  await fake.platform.renew(id, { playing: 'a'.repeat(16), title, listeners: 7 });
  const page = async (path: string, headers: Record<string, string> = BROWSER) => {
    const response = await fake.get(path, { headers });
    return { response, html: await response.text() };
  };
  return { ...fake, id, page };
}

describe('The address of a session', () => {
  test('is its page for browsers that open it, and its stream for all players', async () => {
    const { get } = await startPlaying();
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await get(`/${PATH}`, { headers })).status;
    for (const headers of [BROWSER, OLD_BROWSER, { 'Sec-Fetch-Dest': 'iframe' }]) {
      expect([headers, await statusOf(headers)]).toEqual([headers, 200]);
    }
    const players = [
      ...[{}, { Accept: '*/*' }, { Accept: 'audio/mpeg' }, { ...OLD_BROWSER, 'Icy-MetaData': '1' }],
      ...[
        { ...BROWSER, 'Sec-Fetch-Dest': 'audio' },
        { ...OLD_BROWSER, Range: 'bytes=0-' },
      ],
    ];
    for (const headers of players) {
      expect([headers, await statusOf(headers)]).toEqual([headers, 302]);
    }
    expect((await get(`/${PATH}.mp3`, { headers: BROWSER })).status).toBe(302);
    const { headers } = await get(`/RADIO.example/night`, { headers: BROWSER });
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('vary')).toBe('Accept, Sec-Fetch-Dest');
    expect((await get(`/${PATH}`, { method: 'HEAD', headers: BROWSER })).status).toBe(200);
    expect((await get('/radio.example/other', { headers: BROWSER })).status).toBe(404);
    expect((await get(`/${PATH}`, { method: 'POST', headers: BROWSER })).status).not.toBe(200);
  });
});

describe('The page of a session', () => {
  test('shows what is announced and what plays, each as text', async () => {
    const { page } = await startPlaying();
    const { html } = await page(`/${PATH}`);
    expect(html).toContain(`<h1 id="name" dir="auto">${ARROWS}&quot; onload=&quot;</h1>`);
    expect(html).toContain('Quiet &lt;b&gt;pieces&lt;/b&gt;');
    expect(html).toContain('Ella &lt;i&gt;&amp;amp;');
    expect(html).toContain('Ambient');
    expect(html).not.toMatch(/<i>|<b>|<script>| on[a-z]+="|<style|style="|javascript:/);
  });

  test('runs only its own files, and is framed by nobody', async () => {
    const { page, at } = await startPlaying();
    const { response, html } = await page(`/${PATH}`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const files = [...html.matchAll(/(?:src|href)="(\.\.\/[^"]+)"/g)].map(([, path]) => `${path}`);
    expect(files).toEqual(expect.arrayContaining(['../session.js', '../style.css', '../icon.svg']));
    for (const file of files.filter((path) => !path.includes('/listen/'))) {
      expect([file, (await fetch(new URL(file, `${at}/${PATH}`))).status]).toEqual([file, 200]);
    }
  });

  test('plays without JavaScript, and names the addresses for other players', async () => {
    const { page, cluster } = await startPlaying();
    const { html } = await page(`/${PATH}`);
    expect(html).toContain(
      `<audio id="audio" controls preload="none" src="../listen/${PATH}.mp3">`,
    );
    for (const ending of ['mp3', 'm3u8', 'm3u', 'pls', 'xspf']) {
      expect(html).toContain(`href="${cluster.url}/listen/${PATH}.${ending}"`);
    }
    expect(html).toMatch(/<svg class="qr" role="img" aria-label="QR code of http:[^"]+"/);
    expect(html).toContain(`<meta property="og:url" content="${cluster.url}/${PATH}" />`);
    expect(html).toContain('<meta property="og:title" content="&lt;script&gt;');
    expect(html).toContain(`&lt;script src=&quot;${cluster.url}/embed.js&quot;`);
    expect(html).toContain(`data-session=&quot;${PATH}&quot;`);
    expect(html).toContain(`&lt;iframe src=&quot;${cluster.url}/embed/${PATH}&quot;`);
  });

  test('names the address by which the reader came, below a path prefix too', async () => {
    const { page } = await startPlaying();
    const { html } = await page(`/${PATH}`, {
      ...BROWSER,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'radio.example',
      'X-Forwarded-Prefix': '/radio',
    });
    expect(html).toContain(`href="https://radio.example/radio/listen/${PATH}.mp3"`);
    expect(html).toContain(`content="https://radio.example/radio/${PATH}"`);
    expect(html).toContain('src="../session.js"');
  });

  test('lists the last titles, and says when the session is off the air', async () => {
    const { page, platform, id } = await startPlaying('First');
    await platform.renew(id, { playing: 'a'.repeat(16), title: 'Second' });
    await platform.renew(id, { playing: null, title: null });
    await expect.poll(async () => (await page(`/${PATH}`)).html).toContain('Off the air');
    const { html } = await page(`/${PATH}`);
    const titles = [
      ...html.matchAll(/<time datetime="([^"]+)">\d\d:\d\d UTC<\/time> <span dir="auto">(\w+)/g),
    ];
    expect(titles.map(([, , title]) => title)).toEqual(['Second', 'First']);
    expect(Date.parse(titles[0]?.[1] ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('The small player', () => {
  test('may be framed by any page, and links to the page', async () => {
    const { page, cluster } = await startPlaying();
    const { response, html } = await page(`/embed/${PATH}`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('frame-ancestors');
    expect(response.headers.get('set-cookie')).toBe(null);
    expect(html).toContain(`href="${cluster.url}/${PATH}" target="_blank" rel="noopener"`);
    expect(html).toContain(`src="../../listen/${PATH}.mp3"`);
    expect((await page('/embed/radio.example/other')).response.status).toBe(404);
  });

  test('is small: 30 kB with all that it loads', async () => {
    const { page, get } = await startPlaying();
    const { html } = await page(`/embed/${PATH}`);
    const files = ['/embed.js', '/session.js', '/player.js', '/rewind.js', '/style.css'];
    const sizes = files.map(async (path) => (await (await get(path)).arrayBuffer()).byteLength);
    const all = [html.length, ...(await Promise.all(sizes))].reduce((sum, size) => sum + size, 0);
    expect(all).toBeLessThan(30_000);
  });
});

describe('The feeds of what is on', () => {
  test('have an entry for each session on the air, which changes with its title', async () => {
    const { get, cluster, platform, id } = await startPlaying();
    const response = await get('/feed.json');
    expect(response.headers.get('content-type')).toBe('application/feed+json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    interface Read {
      readonly items: readonly { readonly content_text: string; readonly date_modified: string }[];
    }
    const read = async () => (await (await get('/feed.json')).json()) as Read;
    const first = (await response.json()) as Read;
    const item = {
      id: NIGHT,
      url: `${cluster.url}/${PATH}`,
      title: '<script>alert(1)</script>" onload="',
      content_text: 'Ella <i>&amp; \u00b7 Quiet <b>pieces</b>',
      date_modified: expect.stringMatching(/^20.*Z$/),
      attachments: [{ url: `${cluster.url}/listen/${PATH}.mp3`, mime_type: 'audio/mpeg' }],
    };
    expect(first).toMatchObject({ version: expect.stringContaining('/1.1'), items: [item] });
    await platform.renew(id, { playing: 'a'.repeat(16), title: 'Second' });
    const [changed] = (await read()).items;
    expect(changed?.content_text).toMatch(/^Second/);
    const [before] = first.items;
    expect(`${changed?.date_modified}` >= `${before?.date_modified}`).toBe(true);
    await platform.renew(id, { playing: null, title: null });
    expect((await read()).items).toEqual([]);
  });

  test('are well-formed, whatever plays', async () => {
    const { get, cluster } = await startPlaying('A \u0001\ud800 ]]> &#0; </feed><b>');
    const response = await get('/feed.atom');
    expect(response.headers.get('content-type')).toBe('application/atom+xml');
    const feed = parseXml(await response.text());
    expect(feed).toMatchObject({ id: [`${cluster.url}/feed.atom`, NIGHT] });
    expect(feed.name).toEqual(['Scattercast']);
    expect(feed.updated).toHaveLength(2);
    expect(feed.summary?.[0]).toMatch(/^A .*\]\]> &#0; <\/feed><b> \u00b7 Quiet/);
    const etag = response.headers.get('etag');
    expect(etag).toMatch(/^W?\/?"/);
    expect((await get('/feed.atom')).headers.get('etag')).toBe(etag);
  });

  test('name the address by which the reader came, and are there when nothing is on', async () => {
    const { get } = await startFake();
    const headers = {
      ...{ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'radio.example' },
      'X-Forwarded-Prefix': '/radio',
    };
    const feed = parseXml(await (await get('/feed.atom', { headers })).text());
    expect(feed.id).toEqual(['https://radio.example/radio/feed.atom']);
    expect(Date.parse(feed.updated?.[0] ?? '')).toBeGreaterThan(0);
  });
});

describe('GET /api/sessions', () => {
  test('tells pages of any origin about a session', async () => {
    const { get, cluster } = await startPlaying();
    const response = await get(`/api/sessions/${PATH}`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual({
      path: PATH,
      title: '<script>alert(1)</script>" onload="',
      description: 'Quiet <b>pieces</b>',
      genre: 'Ambient',
      onAir: true,
      playing: 'Ella <i>&amp;',
      listeners: 7,
      titles: [{ title: 'Ella <i>&amp;', at: expect.stringMatching(/^20.*Z$/) }],
      urls: {
        page: `${cluster.url}/${PATH}`,
        embed: `${cluster.url}/embed/${PATH}`,
        stream: `${cluster.url}/listen/${PATH}.mp3`,
        hls: `${cluster.url}/listen/${PATH}.m3u8`,
        m3u: `${cluster.url}/listen/${PATH}.m3u`,
        pls: `${cluster.url}/listen/${PATH}.pls`,
        xspf: `${cluster.url}/listen/${PATH}.xspf`,
      },
    });
    const unknown = await get('/api/sessions/radio.example/other');
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining('no such'),
    ]);
    const written = await get(`/api/sessions/${PATH}`, { method: 'PUT' });
    expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
