/** SHOUTcast's administration at a front end: `/admin.cgi?mode=viewxml`. */

import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../../session/signed.js';
import { basic, startTold } from './told-cluster.js';

/** The names of all elements, in order. */
const namesIn = (xml: string): string[] =>
  [...xml.matchAll(/<([A-Z]+)>/g)].map(([, name = '']) => name);

const VIEW = '/admin.cgi?mode=viewxml';

describe("SHOUTcast's view of a stream", () => {
  test('has the elements of version 2, with the listeners', async () => {
    const { ask } = await startTold();
    const { status, headers, body } = await ask(VIEW);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/xml; charset=utf-8');
    const [listener, empty] = body.match(/<LISTENER>.*?<\/LISTENER>/g) ?? [];
    expect(listener).toBe(
      '<LISTENER><HOSTNAME>198.51.100.7</HOSTNAME><USERAGENT>A</USERAGENT>' +
        '<CONNECTTIME>3</CONNECTTIME><UID>7</UID></LISTENER>',
    );
    expect(empty).toContain('<USERAGENT>EMPTY</USERAGENT>');
    const expected = [
      ...['CURRENTLISTENERS', 'PEAKLISTENERS', 'MAXLISTENERS', 'UNIQUELISTENERS', 'AVERAGETIME'],
      ...['SERVERGENRE', 'SERVERURL', 'SERVERTITLE', 'SONGTITLE', 'STREAMHITS', 'STREAMSTATUS'],
      ...['STREAMSOURCE', 'STREAMUPTIME', 'STREAMPATH', 'BITRATE', 'CONTENT', 'VERSION'],
      ...['LISTENERS', 'SONGHISTORY'],
    ];
    expect(namesIn(body)).toEqual(expect.arrayContaining(expected));
    for (const told of [
      '<CURRENTLISTENERS>30<',
      '<UNIQUELISTENERS>29<', // one of the two here is there twice
      '<AVERAGETIME>4<',
      '<STREAMHITS>5<',
      '<STREAMSOURCE>192.0.2.5<',
      '<SONGTITLE>A &lt; B<',
    ]) {
      expect(body).toContain(told);
    }
  });

  test.each([
    ['1', ['CURRENTLISTENERS'], ['LISTENERS', 'SONGHISTORY']],
    ['3', ['LISTENERS', 'LISTENER'], ['CURRENTLISTENERS', 'SONGHISTORY']],
    ['4', ['SONGHISTORY'], ['CURRENTLISTENERS', 'LISTENERS']],
  ])('has page %s alone if that is asked for', async (page, there, absent) => {
    const { ask } = await startTold();
    const names = namesIn((await ask(`${VIEW}&page=${page}`)).body);
    expect(names).toEqual(expect.arrayContaining(there));
    for (const name of absent) expect(names).not.toContain(name);
  });

  test('is JSON as well', async () => {
    const { ask } = await startTold();
    const { body } = await ask('/admin.cgi?mode=viewjson');
    expect(JSON.parse(body)).toMatchObject({
      ...{ currentlisteners: 30, songtitle: 'A < B' },
      songs: [{ playedat: expect.any(Number), title: 'A < B' }],
      listeners: [{ hostname: '198.51.100.7', uid: 7 }, { useragent: 'EMPTY' }],
    });
  });

  test("is the owner's own, whose password may be in the query", async () => {
    const { get, own, other } = await startTold();
    const view = async (pass: string, more = '') => {
      const response = await get(`${VIEW}&pass=${pass}${more}`);
      return { status: response.status, body: await response.text() };
    };
    const night = await view(own);
    expect(night.body).toContain('<HOSTNAME>198.51.100.0</HOSTNAME>');
    expect(night.body).not.toContain('198.51.100.7');
    expect((await view(other)).body).toContain('<STREAMSTATUS>0<');
    expect((await view(own, '&sid=1')).status).toBe(200);
    for (const sid of ['2', '0', '-1', 'x', '1e1', '99999']) {
      expect((await view(own, `&sid=${sid}`)).status).toBe(400);
    }
  });

  test('is refused to other passwords, and to pages of other sites', async () => {
    const { get, operator } = await startTold();
    for (const pass of ['x', PASSWORD, '']) {
      expect((await get(`${VIEW}&pass=${pass}`)).status).toBe(401);
    }
    const headers = { authorization: basic(operator), 'Sec-Fetch-Site': 'cross-site' };
    expect((await get(VIEW, { headers })).status).toBe(403);
  });

  test('ends listeners by their numbers, addresses or all of them', async () => {
    const { ask, asked } = await startTold();
    const ended = () => asked.splice(0).filter((line) => line.startsWith('DELETE')).length;
    const kick = async (who: string) => (await ask(`/admin.cgi?mode=kickdst${who}`)).body;
    for (const [who, count] of [
      ...([['7', 1] as const, ['198.51.100.7', 1] as const, ['7,x,99', 1] as const] as const),
      ...([['all', 2] as const, ['9', 0] as const, ['1e1', 0] as const] as const),
    ]) {
      await kick(`&kickdst=${who}`);
      expect([who, ended()]).toEqual([who, count]);
    }
    expect(await kick('')).toContain('Missing parameter: kickdst');
    // The other one of `all` is not there any more when the command comes.
    expect(await kick('&kickdst=all')).toContain('Listeners removed: 1');
  });

  test('ends listeners for an owner by what the owner is told, and those of no other', async () => {
    const { get, asked, own, other } = await startTold();
    const kick = async (pass: string, who: string) =>
      (await get(`/admin.cgi?mode=kickdst&pass=${pass}&kickdst=${who}`)).text();
    expect(await kick(own, '198.51.100.7')).toContain('Listeners removed: 0');
    expect(await kick(own, '198.51.100.0')).toContain('Listeners removed: 1');
    asked.splice(0);
    expect(await kick(other, '7')).toContain('<return>0</return>');
    expect(asked).toEqual([]);
  });

  test('ends the source', async () => {
    const { ask, asked } = await startTold();
    expect((await ask('/admin.cgi?mode=kicksrc&sid=1')).body).toContain('Source Removed');
    expect(asked.some((line) => line.startsWith('DELETE /admin/sources'))).toBe(true);
  });

  test.each(['kicksrc', 'kickdst&kickdst=all'])(
    'refuses %s to others and to pages of other sites',
    async (mode) => {
      const { get, own, operator, asked } = await startTold();
      for (const pass of ['x', PASSWORD, '']) {
        expect((await get(`/admin.cgi?mode=${mode}&pass=${pass}`)).status).toBe(401);
      }
      const headers = { authorization: basic(operator), 'Sec-Fetch-Site': 'cross-site' };
      expect((await get(`/admin.cgi?mode=${mode}`, { headers })).status).toBe(403);
      const head = await get(`/admin.cgi?mode=${mode}&pass=${own}`, { method: 'HEAD' });
      expect(head.status).toBe(400);
      expect(asked).toEqual([]);
    },
  );

  test('leaves the titles of encoders to their own route', async () => {
    const { get } = await startTold();
    const response = await get('/admin.cgi?mode=updinfo&pass=x&song=A');
    expect(await response.text()).toContain('Wrong password');
  });
});

describe('The public statistics of SHOUTcast', () => {
  test('list the streams that are on the air, by their numbers', async () => {
    const { get } = await startTold();
    const xml = await (await get('/statistics')).text();
    expect(xml).toContain('<TOTALSTREAMS>2</TOTALSTREAMS><ACTIVESTREAMS>1</ACTIVESTREAMS>');
    expect(xml.match(/<STREAM id="\d+">/g)).toEqual(['<STREAM id="1">']);
    expect(xml).not.toContain('198.51');
    expect(await (await get('/statistics?json=1')).json()).toMatchObject({
      ...{ totalstreams: 2, activestreams: 1, currentlisteners: 30 },
      streams: [{ id: 1, songtitle: 'A < B' }],
    });
  });

  test('describe the stream with a number', async () => {
    const { get } = await startTold();
    const status = async (sid: string) =>
      /<STREAMSTATUS>(\d)/.exec(await (await get(`/stats${sid}`)).text())?.[1];
    expect(await Promise.all(['', '?sid=1', '?sid=2', '?sid=3', '?sid=x'].map(status))).toEqual([
      '1',
      '1',
      '0',
      '0',
      '0',
    ]);
  });
});
