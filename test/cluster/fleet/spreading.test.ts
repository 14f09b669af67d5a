/** Several SCXs of one session behind a real front end. */
import { describe, expect, test } from 'vitest';
import { clusterStatusSchema } from '../../../src/api/cluster-status.js';
import { startFake } from '../fake-cluster.js';
import { httpUrlOf } from '../fake-platform.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const LISTEN = `/listen/${PATH}.mp3`;

/** A cluster whose first SCX has three slots, all of them taken. */
async function withFullScx(over: Parameters<typeof startFake>[0] = {}) {
  const fake = await startFake(over);
  await fake.publish(PATH, announcementXml(NIGHT));
  await expect.poll(() => fake.platform.launches.length).toBe(1);
  const fill = (index: number, listeners = 3) => {
    const told = { listeners, listenersMax: 3, httpUrl: httpUrlOf(fake.platform.launches[index]!) };
    return fake.platform.renew(fake.platform.launches[index]!.id, told);
  };
  await fill(0);
  return { ...fake, fill };
}

describe('A front end whose SCX is full', () => {
  test('sends the next listener to another SCX of the session, which may end', async () => {
    const { get, platform } = await withFullScx();
    const response = await get(LISTEN);
    const [first, second] = platform.launches;
    expect([second!.session, second!.rendezvous]).toEqual([NIGHT, false]);
    expect(response.headers.get('location')).toBe(httpUrlOf(second!));
    const terms = async (id: string) => (await platform.renew(id)).json();
    expect(await terms(first!.id)).toMatchObject({ rendezvous: true, keep: true });
    expect(await terms(second!.id)).toMatchObject({ rendezvous: false, keep: false });
  });

  test('sends all other clients to the first SCX', async () => {
    const { get, at, platform } = await withFullScx();
    await get(LISTEN);
    const first = httpUrlOf(platform.launches[0]!);
    expect((await get(LISTEN, { method: 'HEAD' })).headers.get('location')).toBe(first);
    const probe = await get(LISTEN, { headers: { range: 'bytes=0-1' } });
    expect(probe.headers.get('location')).toBe(first);
    expect(await (await get(`/rendezvous/${PATH}`)).json()).toEqual({
      address: 'radio.example:8101',
    });
    const body = { announcement: `${at}/announcements/${PATH}.xml`, role: 'source' };
    const attached = await get('/attach', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await attached.json()).toMatchObject({ scx: { httpUrl: first } });
  });

  test('counts a browser that plays from the first byte on as a listener', async () => {
    const { get, platform } = await withFullScx();
    const playing = await get(LISTEN, { headers: { range: 'bytes=0-' } });
    expect(playing.headers.get('location')).toBe(httpUrlOf(platform.launches[1]!));
  });

  test('answers 503 with Retry-After if the cluster is full as well', async () => {
    const { get } = await withFullScx({ maxScxs: 1 });
    const response = await get(LISTEN);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.text()).toContain('This cluster is full');
  });

  test('answers 503 if the session has as many listeners as it may', async () => {
    const { get, platform } = await withFullScx({ maxListenersPerSession: 3 });
    const response = await get(LISTEN);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.text()).toContain('as many listeners');
    expect(platform.launches).toHaveLength(1);
  });

  test('reports the session as a whole', async () => {
    const { get, fill } = await withFullScx();
    await get(LISTEN);
    await fill(1, 2);
    const status = clusterStatusSchema.parse(await (await get('/status')).json());
    expect(status.cluster).toMatchObject({ scxs: 2, listeners: 5 });
    expect(status.sessions[0]).toMatchObject({ listeners: 5, listenersPeak: 5, listenersMax: 6 });
  });
});

test('A client that follows no redirect leaves slots to others', async () => {
  const { get, publish, platform } = await startFake({ maxScxs: 1 });
  await publish(PATH, announcementXml(NIGHT));
  await expect.poll(() => platform.launches.length).toBe(1);
  const [scx] = platform.launches;
  await platform.renew(scx!.id, { listeners: 0, listenersMax: 210, httpUrl: httpUrlOf(scx!) });
  const ask = () => get(LISTEN, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  for (let batch = 0; batch < 11; batch++) {
    const bots = await Promise.all(Array.from({ length: 20 }, ask));
    expect(new Set(bots.map(({ status }) => status))).toEqual(new Set([302]));
  }
  expect((await get(LISTEN)).status).toBe(302);
});

describe('GET /status-json.xsl', () => {
  const PLAYING = { playing: '00000000000000bb', title: 'A - B', bitrateKbps: 128, listeners: 3 };
  const ask = async (get: Awaited<ReturnType<typeof startFake>>['get']) => {
    const response = await get('/status-json.xsl');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    return ((await response.json()) as { icestats: Record<string, unknown> }).icestats;
  };

  test('shows no source, one, or several, as Icecast does', async () => {
    const { cluster, get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const none = await ask(get);
    expect(none).toHaveProperty('dummy', null);
    expect(none).not.toHaveProperty('source');
    await platform.renew(platform.launches[0]!.id, PLAYING);
    const one = await ask(get);
    expect(one).toMatchObject({
      host: 'radio.example',
      server_id: expect.stringMatching(/^Scattercast/),
    });
    expect(one).toMatchObject({
      server_start_iso8601: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
    });
    expect(one.source).toEqual({
      bitrate: 128,
      genre: '',
      listener_peak: 3,
      listeners: 3,
      ...{ audio_info: 'bitrate=128', listenurl: `${cluster.url}/${PATH}.mp3` },
      server_description: '',
      server_name: 'Night music',
      server_type: 'audio/mpeg',
      stream_start: 'Mon, 01 Jan 2024 00:00:00 +0000',
      stream_start_iso8601: '2024-01-01T00:00:00+0000',
      title: 'A - B',
      dummy: null,
    });
    await publish('radio.example/day', announcementXml('scattercast://radio.example/day'));
    await expect.poll(() => platform.launches.length).toBe(2);
    await platform.renew(platform.launches[1]!.id, PLAYING);
    expect((await ask(get)).source).toHaveLength(2);
  });
});
