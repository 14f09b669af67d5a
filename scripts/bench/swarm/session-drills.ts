/** Drills on sessions of a Swarm: how soon they are heard, and what is played when nobody broadcasts. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { tell, verdict } from '../drills/drill.js';
import { quantile } from '../machine/quantile.js';
import { getStream } from '../players/get-stream.js';
import { type SwarmScene, scxContainer } from './scene.js';
import { HEARS_AGAIN_MS, killFrontEnds, ms, type SwarmDrill, WITHIN_MS } from './swarm-drill.js';

const WARM_MS = 50;
const WARM_TIMES = 40;

/** Resolves with the time to so many bytes of sound, redirects included, ms. Rejects if there are none. */
function soundWithin(url: string, bytes = 1): Promise<number> {
  const since = performance.now();
  return new Promise((resolve, reject) => {
    let heard = 0;
    const onOver = (reason: string): void => {
      clearTimeout(late);
      reject(new Error(`only ${heard} bytes: ${reason}`));
    };
    const onAudio = (part: Buffer): void => {
      heard += part.length;
      if (heard < bytes) return;
      clearTimeout(late);
      hangUp();
      resolve(performance.now() - since);
    };
    const hangUp = getStream(url, { onAudio, onOver });
    const late = setTimeout(() => {
      hangUp();
      onOver('it takes too long');
    }, WITHIN_MS);
  });
}

async function sparesAreThere(scene: SwarmScene): Promise<void> {
  const areThere = async (): Promise<boolean> => {
    const all = await Promise.all(scene.bed.machines.map((_, index) => scene.statusAt(index)));
    return all.every((status) => (status?.cluster.spares?.length ?? 0) > 1);
  };
  await until('the spares', areThere, WITHIN_MS);
}

export const tuneIn: SwarmDrill = {
  mustShow: `the first listener of a session hears within ${ms(HEARS_AGAIN_MS)} (p95), further ones within ${ms(WARM_MS)}`,
  run: async (scene, times) => {
    const cold: number[] = [];
    for (let time = 0; time < times; time++) {
      const announcement = await scene.playOutside();
      await sparesAreThere(scene);
      const at = scene.frontEnd(time % scene.bed.machines.length);
      cold.push(await soundWithin(`${at}/listen?${new URLSearchParams({ announcement })}`));
      tell(`tune-in: ${ms(cold.at(-1) ?? 0)}`);
    }
    const warm: number[] = [];
    for (let time = 0; time < WARM_TIMES; time++) {
      const at = scene.frontEnd(time % scene.bed.machines.length);
      warm.push(await soundWithin(`${at}/listen/drill.example/steady.mp3`));
    }
    const [coldMs, warmMs] = [quantile(cold, 0.95), quantile(warm, 0.95)];
    return {
      seen: `first listeners: median ${ms(quantile(cold, 0.5))}, p95 ${ms(coldMs)}, ${times} times; further ones: median ${ms(quantile(warm, 0.5))}, p95 ${ms(warmMs)}, ${WARM_TIMES} times`,
      held: verdict(true, coldMs <= HEARS_AGAIN_MS && warmMs <= WARM_MS),
    };
  },
};

const FILE = '/usr/lib/scattercast/web/demo/clip.mp3';
const PATH = 'drill.example/fallback';
/** More than any burst. */
const BYTES = 200_000;

export const fallback: SwarmDrill = {
  mustShow:
    'all front ends die at once, and then the SCX that plays a fallback file: it is heard again at each ' +
    'front end, and webhooks hear of each event once',
  run: async (scene) => {
    const { bed } = scene;
    const at = ['--cluster', scene.frontEnd(0), '--name', `scattercast://${PATH}`, '--json'];
    const told = scene.command(
      0,
      'announce',
      ...at,
      '--fallback',
      FILE,
      '--webhook',
      scene.webhook,
    );
    const { password } = JSON.parse(told) as { readonly password: string };
    const hear = (index: number): Promise<number> =>
      soundWithin(`${scene.frontEnd(index)}/listen/${PATH}.mp3`, BYTES);
    await until('the fallback', () => hear(0), WITHIN_MS);
    const everywhere = bed.machines.map((_, index) => index);
    await killFrontEnds(scene, everywhere);
    const [scx] = await until('its SCX', async () => {
      const scxs = await scene.scxsAt(0, PATH);
      return scxs.length > 0 && scxs;
    });
    if (scx === undefined) throw new Error('there is no SCX');
    scene.machineOf(scx).docker('kill', scxContainer(scene.machineOf(scx), scx));
    await until('another SCX', async () => {
      const scxs = await scene.scxsAt(0, PATH);
      return scxs.some(({ id }) => id !== scx.id);
    });
    for (const index of everywhere) await until('the fallback', () => hear(index), WITHIN_MS);
    const before = scene.eventsOf(PATH).length;
    await scene.broadcastBriefly(PATH, password);
    const count = (wanted: string): number =>
      scene
        .eventsOf(PATH)
        .slice(before)
        .filter((event) => event === wanted).length;
    const isOver = (): boolean => count('source.down') > 0;
    await until('the webhook', isOver, 20_000).catch(() => undefined);
    await pause(3000);
    const events = scene.eventsOf(PATH).slice(before).join(', ');
    return {
      seen: `the fallback is heard at each; the webhook was told: ${events || 'NOTHING'}`,
      held: verdict(count('source.up') === 1 && count('source.down') === 1, true),
    };
  },
};
