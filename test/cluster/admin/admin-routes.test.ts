/** The administration of a front end, in Icecast's form. */

import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { temporaryFolder } from '../support.js';
import { basic, type Handler, MOUNT, startTold } from './told-cluster.js';

describe('An administrator', () => {
  test('of the cluster sees what is on the air, with the listeners of all clusters', async () => {
    const { ask } = await startTold();
    const { body } = await ask('/admin/stats');
    expect(body.match(/<source mount="[^"]*">/g)).toEqual(['<source mount="/live.mp3">']);
    expect(body).toContain('/live.mp3</listenurl>');
    expect(body).toContain('<listener_peak>30</listener_peak><listeners>30</listeners>');
    expect(body).toContain('<source_ip>192.0.2.5</source_ip>');
    expect(body).toContain('<title>A &lt; B</title>');
    expect(body).toContain('<total_bytes_read>10</total_bytes_read>');
    expect(body).toContain('<source_total_connections>2</source_total_connections>');
  });

  test.each([MOUNT, '/radio.example/night', '/live', '/live.mp3', '/radio.example/night%3Fa'])(
    'finds a session at %s',
    async (mount) => {
      const { ask } = await startTold();
      const { status, body } = await ask(`/admin/listclients?mount=${mount}`);
      expect(status).toBe(200);
      expect(body).toContain(
        '<Listeners>2</Listeners><listener><IP>198.51.100.7</IP><UserAgent>A</UserAgent>' +
          '<Connected>3</Connected><ID>7</ID></listener>' +
          '<listener><IP>2001:db8:1:2::8</IP><Connected>4</Connected><ID>8</ID></listener>',
      );
    },
  );

  test('reads the same as pages, with the same credentials', async () => {
    const { ask, get, own } = await startTold();
    const stats = await ask('/admin/stats.xsl');
    expect(stats.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(stats.body).toContain('<h3>Mountpoint /live.mp3</h3>');
    expect(stats.body).toContain('<tr><td>title</td><td>A &lt; B</td></tr>');
    const { body } = await ask(`/admin/listclients.xsl?mount=${MOUNT}`, own);
    expect(body).toContain('<tr><td>198.51.100.0</td><td>3</td><td>A</td><td>7</td></tr>');
    expect((await ask('/admin/listmounts.xsl')).body).toContain('<td>listeners</td><td>30</td>');
    expect((await ask(`/admin/killclient.xsl?mount=${MOUNT}&id=7`)).body).toContain('removed');
    for (const page of ['stats', 'listmounts', `listclients.xsl?mount=${MOUNT}`, 'killsource']) {
      const path = `/admin/${page.includes('xsl') ? page : `${page}.xsl`}`;
      expect((await get(path)).status).toBe(401);
    }
  });

  test('of a session sees that session only, and no address', async () => {
    const { ask, own, other } = await startTold();
    const { body } = await ask(`/admin/listclients?mount=${MOUNT}`, own);
    expect(body).toContain('<IP>198.51.100.0</IP>');
    expect(body).toContain('<IP>2001:db8:1::</IP>');
    expect((await ask('/admin/stats', own)).body).toContain('/live.mp3');
    expect((await ask('/admin/stats', other)).body).not.toContain('live');
    for (const command of ['listclients', 'killsource', 'killclient', 'stats']) {
      const answer = await ask(`/admin/${command}?mount=${MOUNT}&id=7`, other);
      expect(answer.status).toBe(400);
    }
  });

  test('ends a listener, or the source', async () => {
    const { ask, own, asked } = await startTold();
    const kill = (id: string) => ask(`/admin/killclient?mount=${MOUNT}&id=${id}`, own);
    expect((await kill('7')).body).toContain('<message>Client 7 removed</message>');
    expect((await kill('9')).body).toContain('<message>Client 9 not found</message>');
    for (const id of ['', '-7', '7x', '%3Cx%3E', '1e3', '9'.repeat(40)]) {
      expect((await kill(id)).status).toBe(400);
    }
    const { body } = await ask(`/admin/killsource?mount=${MOUNT}`, own);
    expect(body).toContain('<message>Source Removed</message><return>1</return>');
    expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(3);
  });

  test('moves listeners to a session of their own that is on the air', async () => {
    const { ask, own, other, asked, platform } = await startTold();
    const day = platform.launches.find(({ session }) => session.includes('/day#'));
    const move = (to: string, token?: string) =>
      ask(`/admin/moveclients?mount=${MOUNT}&destination=${to}`, token);
    const DAY = '/radio.example/day.mp3';
    expect((await move(DAY)).body).toContain('No such destination'); // off the air
    await platform.renew(`${day?.id}`, {
      ...{ httpUrl: 'http://radio.example:4711/day.mp3', playing: '0'.repeat(16), title: null },
    });
    for (const [to, token] of [[DAY, own], [DAY, other], ['/no'], [MOUNT]] as const) {
      expect((await move(to, token)).status).toBe(400);
    }
    expect(asked).toEqual([]);
    const { body } = await move(DAY);
    expect(body).toContain(`Clients moved from /live.mp3 to ${DAY}</message><return>1</return>`);
    const [line = ''] = asked;
    expect(line).toContain('POST /admin/listeners?to=http%3A%2F%2F127.0.0.1%3A4711%2F ');
    const choice = await ask(`/admin/moveclients?mount=${MOUNT}`);
    expect(choice.body).toContain('<current_source>/live.mp3</current_source><source mount="/r');
  });

  test('is told when no source is attached here', async () => {
    const { ask } = await startTold((_request, response) => response.end('{"ended":0}'));
    const { status, body } = await ask(`/admin/killsource?mount=${MOUNT}`);
    expect(status).toBe(200);
    expect(body).toContain('<return>0</return>');
  });

  test('of the cluster may send titles; its SCX sees a proof only', async () => {
    const { ask, asked, operator } = await startTold();
    await ask(`/admin/metadata?mode=updinfo&mount=${MOUNT}&song=A`);
    await ask('/admin/stats');
    expect(asked.length).toBeGreaterThan(1);
    for (const line of asked) expect(line).toMatch(/ \d+\.[\w-]{22}\.[\w-]{43}$/);
    expect(asked.join()).not.toContain(operator);
  });
});

describe('The administration', () => {
  test('is closed to other secrets, and to the right one with another name', async () => {
    const { get, operator, asked } = await startTold();
    const secret = `Bearer ${operator}`;
    const wrong = [basic('x'), basic(PASSWORD), basic(operator, 'source'), basic(''), secret];
    for (const authorization of wrong) {
      const response = await get('/admin/stats', { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      expect(await response.text()).not.toContain('live');
    }
    expect(asked).toEqual([]);
  });

  test.each(['/admin/stats', '/admin.cgi?mode=viewxml'])(
    'answers a client that guesses at %s later, counts it, and lets nobody else wait',
    async (path) => {
      const { get, operator } = await startTold();
      const ask = async (authorization?: string): Promise<number> =>
        (await get(path, { headers: authorization ? { authorization } : {} })).status;
      for (let times = 0; times < 8; times++) await ask(); // no guesses
      await Promise.all(Array.from({ length: 4 }, () => ask(basic('guess'))));
      const order: string[] = [];
      const late = ask(basic('guess')).then(() => order.push('guess'));
      await Promise.all([ask(), ask(basic(operator))]).then(([none, right]) => {
        order.push(`${none} ${right}`);
      });
      await late;
      expect(order).toEqual(['401 200', 'guess']);
      const metrics = await (await get('/metrics')).text();
      const label = path.replace(/\?.*/, '');
      expect(metrics).toContain(`_http_requests_total{route="${label}",status="401"} 14`);
    },
  );

  test.each(['cross-site', 'same-site'])(
    'does nothing for a page of another site that a browser shows (%s)',
    async (site) => {
      const { ask, asked, operator } = await startTold();
      const headers = { 'Sec-Fetch-Site': site };
      for (const command of ['stats', 'killsource', 'killclient', 'listclients']) {
        const path = `/admin/${command}?mount=${MOUNT}&id=7`;
        expect((await ask(path, operator, { headers })).status).toBe(403);
      }
      expect(asked).toEqual([]);
    },
  );

  test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('ends nothing on %s', async (method) => {
    const { ask, asked, operator } = await startTold();
    await ask(`/admin/killsource?mount=${MOUNT}`, operator, { method }).catch(() => undefined);
    expect(asked).toEqual([]);
  });

  test.each<[string, Handler]>([
    ['says nothing that is JSON', (_request, response) => response.end('<x>')],
    ['says something else', (_request, response) => response.end('{"listeners":[{"id":-1}]}')],
    ['does not know the request', (_request, response) => response.writeHead(404).end()],
    ['breaks off', (_request, response) => void response.destroy()],
    [
      'sends without an end',
      (_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, 32))) {}
        };
        response.on('drain', more);
        more();
      },
    ],
  ])('answers although an SCX %s', async (_what, handle) => {
    const { ask } = await startTold(handle);
    const { status, body } = await ask('/admin/stats');
    expect(status).toBe(200);
    expect(body).toContain('/live.mp3');
    expect((await ask(`/admin/listclients?mount=${MOUNT}`)).body).toContain('<Listeners>0<');
  });

  test('opens with the password that the operator has written into the file', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(`${dataDir}/admin-token`, 'a long passphrase\n'.replaceAll(' ', '-'));
    const { get } = await startFake({ dataDir });
    const headers = { authorization: basic('a-long-passphrase') };
    expect((await get('/admin/listmounts', { headers })).status).toBe(200);
  });

  test.each(['', 'short', 'x'.repeat(200), 'with a space in it'])(
    'does not open at all with %j in the file',
    async (text) => {
      const dataDir = temporaryFolder();
      writeFileSync(`${dataDir}/admin-token`, text);
      await expect(startFake({ dataDir })).rejects.toThrow('16 to 128 printable characters');
    },
  );
});
