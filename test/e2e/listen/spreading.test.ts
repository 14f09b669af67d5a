/** More listeners than one SCX may have: several SCXs of one session, at one cluster. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { align, framesOfFile, type Listening, listen } from '../support/audio.js';
import { CLIP, type Cluster, createStage, until } from '../support/stage.js';

const stage = createStage();
const NAME = 'scattercast://radio.example/crowd';
const LISTENERS = 7;
const BYTES = 200_000; // 12 s of the clip
let cluster: Cluster;
let url = '';
let listeners: readonly Listening[] = [];

interface Totals {
  readonly cluster: { readonly scxs: number; readonly listeners: number };
  readonly sessions: readonly {
    readonly listeners: number;
    readonly listenersPeak: number;
    readonly listenersMax: number;
  }[];
}

const totals = async (): Promise<Totals> => (await cluster.status()) as unknown as Totals;

/** The session's SCXs by their listeners, the most first. */
const spread = async (): Promise<readonly number[]> =>
  (await cluster.scxs()).map((scx) => scx.listeners).sort((a, b) => b - a);

beforeAll(async () => {
  const limits = ['--max-listeners', '3', '--max-scxs', '3', '--linger', '1'];
  cluster = await stage.cluster({ extra: limits });
  const announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  url = `${cluster.url}/listen?announcement=${encodeURIComponent(announcement)}`;
}, 60_000);

afterAll(async () => {
  for (const listener of listeners) listener.stop();
  await stage.close();
});

describe('Seven listeners at a cluster whose SCXs take three each', () => {
  test('hear the same frames from three SCXs', async () => {
    listeners = Array.from({ length: LISTENERS }, () => listen(url));
    await Promise.all(listeners.map((listener) => listener.firstByteMs));
    await until('seven listeners over three SCXs', async () => {
      const counts = await spread();
      return counts.length === 3 && counts.reduce((a, b) => a + b) === LISTENERS;
    });
    expect(Math.max(...(await spread()))).toBe(3);
    await until('twelve seconds of audio for everybody', () =>
      listeners.every((listener) => listener.bytes().length > BYTES),
    );
    const source = framesOfFile(CLIP);
    for (const listener of listeners) {
      expect(align(listener.bytes(), source)).toMatchObject({ breakAt: undefined });
      expect(listener.isClosed()).toBe(false);
    }
  });

  test('are counted together, in the status and in the table of it', async () => {
    const { cluster: whole, sessions } = await totals();
    expect(whole).toMatchObject({ scxs: 3, listeners: LISTENERS });
    expect(sessions).toEqual([
      expect.objectContaining({ listeners: 7, listenersPeak: 7, listenersMax: 9 }),
    ]);
    const shown = stage.run(['status', '--cluster', cluster.url]);
    await shown.exited;
    expect(shown.stdout()).toMatch(/radio\.example\/crowd +on the air +- +7 +7 +\d+ +3 +1 /);
    const icecast = await (await fetch(`${cluster.url}/status-json.xsl`)).json();
    expect(icecast).toMatchObject({ icestats: { source: { listeners: 7, listener_peak: 7 } } });
  });

  test('leave room for two more, and then the cluster is full', async () => {
    const more = [listen(url), listen(url)];
    await Promise.all(more.map((listener) => listener.firstByteMs));
    listeners = [...listeners, ...more];
    const refused = await fetch(url, { redirect: 'manual' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('This cluster is full');
  });

  test('leave one SCX behind when they have gone: the rendezvous point', async () => {
    for (const listener of listeners) listener.stop();
    await until('the other SCXs to end', async () => (await totals()).cluster.scxs === 1);
    const [scx] = await cluster.scxs();
    expect(scx).toMatchObject({ rendezvous: true, listeners: 0 });
  });
});
