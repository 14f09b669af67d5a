/** More listeners than one SCX may have: several SCXs of one session, at one cluster. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { align, framesOfFile, type Listening, listen } from '../support/audio.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

const stage = createStage();
const NAME = 'scattercast://radio.example/crowd';
const LISTENERS = 7;
const HEARD_S = 6;
let cluster: Cluster;
let url = '';
let listeners: readonly Listening[] = [];

/** The session's SCXs by their listeners, the most first. */
const spread = async (): Promise<readonly number[]> =>
  (await cluster.scxs()).map((scx) => scx.listeners).sort((a, b) => b - a);

beforeAll(async () => {
  const limits = ['--max-listeners', '3', '--max-scxs', '3', '--linger', '1'];
  cluster = await stage.cluster({ extra: limits });
  const announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  url = listenUrl(cluster, announcement);
});

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
    await Promise.all(listeners.map((listener) => listener.heard(HEARD_S)));
    const source = framesOfFile(CLIP);
    for (const listener of listeners) {
      expect(align(listener.bytes(), source)).toMatchObject({ breakAt: undefined });
      expect(listener.isClosed()).toBe(false);
    }
  });

  test('are counted together, in the status and in the table of it', async () => {
    const { cluster: whole, sessions } = await cluster.status();
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
    await until('the other SCXs to end', async () => (await cluster.status()).cluster.scxs === 1);
    const [scx] = await cluster.scxs();
    expect(scx).toMatchObject({ rendezvous: true, listeners: 0 });
  });
});
