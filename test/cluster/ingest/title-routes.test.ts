/** Titles from encoders at a front end, as its SCX receives them. */
import { describe, expect, test, vi } from 'vitest';
import { parseTitleUpdate } from '../../../src/icecast/title-update.js';
import { nameOf, TOKEN } from '../../session/signed.js';
import { startFed, textOf, wait } from '../fake-scx.js';
import { adminPasswordOf, NIGHT } from '../support.js';

const basic = (user: string, password: string): string => `Basic ${btoa(`${user}:${password}`)}`;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<ok>';

function mounts() {
  return new Map([['/live', nameOf(NIGHT)]]);
}

/** A cluster, and the request that its SCX receives when an encoder sends a title. */
async function startWithTitles() {
  const started = await startFed({ mounts: mounts() });
  const tell = async (target: string, authorization?: string) => {
    const index = started.fed.length;
    const headers = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
    const client = started.client('');
    const request = `GET ${target} HTTP/1.0\r\n${headers}\r\n`;
    for (const part of [request.slice(0, 200), request.slice(200)]) {
      client.socket.write(part, 'latin1');
    }
    const one = await started.fedAs(index);
    await vi.waitUntil(() => textOf(one).includes('\r\n\r\n'), wait);
    one.socket.end(ANSWER);
    await client.closed;
    const [line = '', ...rest] = textOf(one).split('\r\n');
    const asked = line.split(' ')[1] ?? '';
    const shown = rest.find((each) => /^authorization:/i.test(each))?.slice(15);
    const proof = rest.find((each) => /^x-scattercast-proof:/i.test(each))?.slice(21);
    return { answer: client.text(), asked, shown, proof, update: parseTitleUpdate(asked) };
  };
  return { ...started, tell };
}

const UPDATE = '/admin/metadata?mode=updinfo&mount=';

describe('A title at a front end', () => {
  test.each([
    ['/radio.example/night', '/radio.example/night'],
    ['/radio.example/night.mp3', '/radio.example/night'],
    ['/live', '/radio.example/night'],
    ['%2Flive%3Fpriority%3D50', '/radio.example/night?priority=50'],
  ])('for the mount %s goes to its SCX, with the password', async (mount, own) => {
    const { tell } = await startWithTitles();
    const authorization = basic('source', 'any');
    const told = await tell(`${UPDATE}${mount}&song=A+-+B`, authorization);
    expect(told.update).toEqual({ mount: own, pass: undefined, isUpdate: true, title: 'A - B' });
    expect(told.shown).toBe(authorization);
    expect(told.answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*<ok>$/);
  });

  test.each([
    ['Caf%E9', 'Café'],
    ['Caf\xe9', 'Café'],
    ['Sigur+R%C3%B3s', 'Sigur Rós'],
    ['\xe2\x98\x83', '☃'],
    [`%22'%3Cb%3E+%26mount=x`, `"'<b> &mount=x`],
    ['100%', '100%'],
  ])('arrives as it was sent: %s', async (song, title) => {
    const { tell } = await startWithTitles();
    expect((await tell(`${UPDATE}/live&song=${song}`)).update.title).toBe(title);
  });

  test('of 10 kB arrives', async () => {
    const { tell } = await startWithTitles();
    const { update } = await tell(`${UPDATE}/live&song=${'a'.repeat(10_000)}`);
    expect(update.title).toHaveLength(512);
  });

  test("may be sent by the session's admin, whose password is not passed on", async () => {
    const token = adminPasswordOf(NIGHT);
    const { tell, password } = await startWithTitles();
    const told = await tell(`${UPDATE}/live&song=A`, basic('admin', token));
    expect(told.shown).toBeUndefined();
    expect(told.proof).toMatch(/^\d+\.[\w-]+\.[\w-]+$/);
    const others = [basic('admin', password), basic('source', token), basic('admin', TOKEN)];
    for (const other of others) {
      expect((await tell(`${UPDATE}/live&song=A`, other)).shown).toBe(other);
    }
  });

  test('of SHOUTcast goes to the session of its password', async () => {
    const { tell, password } = await startWithTitles();
    const query = `mode=updinfo&song=A`;
    const byField = await tell(`/admin.cgi?pass=${encodeURIComponent(password)}&${query}`);
    expect(byField.update).toMatchObject({ pass: password, title: 'A' });
    const byHeader = await tell(`/admin.cgi?${query}`, basic('admin', password));
    expect(byHeader.shown).toBe(basic('admin', password));
    for (const { asked } of [byField, byHeader]) expect(asked).toMatch(/^\/admin\/metadata\?/);
  });

  test.each([
    ['no mount', '/admin/metadata?mode=updinfo&song=A', 400],
    ['an unknown mount', `${UPDATE}/radio.example/day&song=A`, 400],
    ['a malformed mount', `${UPDATE}%ff&song=A`, 400],
    ['a password of no session', '/admin.cgi?pass=guess&mode=updinfo&song=A', 401],
    ['no password', '/admin.cgi?mode=updinfo&song=A', 401],
  ])('with %s is answered by the front end as by Icecast', async (_what, target, status) => {
    const { get, fed } = await startFed();
    const response = await get(target);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('text/xml');
    expect(await response.text()).toContain('<return>0</return>');
    expect(fed).toEqual([]);
  });

  test('with a wrong password is answered later each time', async () => {
    const { get } = await startFed();
    const waits = vi.spyOn(globalThis, 'setTimeout');
    for (let times = 0; times < 4; times++) await get('/admin.cgi?pass=guess&mode=updinfo&song=A');
    expect(waits.mock.calls.filter(([, ms]) => ms === 500)).toHaveLength(1);
    vi.restoreAllMocks();
  });
});
