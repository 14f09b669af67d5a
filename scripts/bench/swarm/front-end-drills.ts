/** Drills on the front ends of a Swarm: they die, are asked at once, or lose the Swarm's leader. */
import { setTimeout as pause } from 'node:timers/promises';
import { isWhole, lossesOf, told, verdict } from '../drills/drill.js';
import { quantile } from '../machine/quantile.js';
import {
  HEARS_AGAIN_MS,
  killFrontEnds,
  markAll,
  ms,
  type SwarmDrill,
  seenBy,
} from './swarm-drill.js';

export const frontEndsDie: SwarmDrill = {
  mustShow:
    'a front end dies, all die at once: no stream notices; announcement and webhook are at each ' +
    'that comes back; it finds its SCX',
  run: async (scene) => {
    await scene.settled();
    const before = await seenBy(scene);
    markAll(scene);
    const one = await killFrontEnds(scene, [1]);
    await pause(3000);
    const all = await killFrontEnds(scene, [0, 1, 2]);
    await pause(5000);
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    await scene.settled();
    const isSame = (await seenBy(scene)).join() === before.join();
    const kept = await Promise.all(
      scene.bed.machines.map(async (_, machine) => {
        const status = await scene.statusAt(machine);
        return (
          status?.sessions.some(({ kept: isKept }) => isKept) === true && scene.hasWebhook(machine)
        );
      }),
    );
    const isKept = kept.every(Boolean);
    return {
      seen: `${told(losses)}; ${isKept ? 'all is there at each' : 'NOT all is there'}; ${isSame ? 'the same SCX' : 'ANOTHER SCX'}; one answers again after ${ms(one)}, all after ${ms(all)}`,
      held: verdict(isWhole(losses) && isKept && isSame, true),
    };
  },
};

export const askedAtOnce: SwarmDrill = {
  mustShow: `all front ends are asked for a session at the same instant: one SCX; cold tune-in p95 ${ms(HEARS_AGAIN_MS)}`,
  run: async (scene, times) => {
    const cold: number[] = [];
    let most = 0;
    for (let time = 0; time < times; time++) {
      const { announcement, path } = await scene.announceOutside();
      const query = new URLSearchParams({ announcement });
      const urls = scene.bed.machines.map(
        (_, machine) => `${scene.frontEnd(machine)}/listen?${query}`,
      );
      const asking = urls.map((url) => scene.isAsked(url));
      const since = performance.now();
      await Promise.all(asking);
      cold.push(performance.now() - since);
      await pause(1500);
      const views = await Promise.all(scene.bed.machines.map((_, at) => scene.scxsAt(at, path)));
      most = Math.max(most, new Set(views.flat().map(({ id }) => id)).size);
    }
    const p95 = quantile(cold, 0.95);
    return {
      seen: `${most} SCX at most, ${times} times; all three are answered after ${ms(quantile(cold, 0.5))} in the median, p95 ${ms(p95)}`,
      held: verdict(most === 1, p95 <= HEARS_AGAIN_MS),
    };
  },
};

export const leaderDies: SwarmDrill = {
  mustShow: "the Swarm's leader dies during a launch: the listener waits, and is led to an SCX",
  run: async (scene) => {
    await scene.settled();
    const leader = scene.bed.machines.findIndex(
      (machine) =>
        machine.tries('node', 'inspect', 'self', '--format', '{{.ManagerStatus.Leader}}') ===
        'true',
    );
    const dying = scene.bed.machines[leader];
    const asked = (leader + 1) % scene.bed.machines.length;
    const { announcement } = await scene.announceOutside();
    const query = new URLSearchParams({ announcement });
    scene.asked = scene.bed.machines.flatMap((_, index) => (index === leader ? [] : [index]));
    try {
      await dying?.kill();
      const since = performance.now();
      await scene.isAsked(`${scene.frontEnd(asked)}/listen?${query}`);
      const waitedMs = performance.now() - since;
      return { seen: `it is led to an SCX after ${ms(waitedMs)}`, held: 'yes' };
    } finally {
      await dying?.start();
      scene.asked = scene.bed.machines.map((_, index) => index);
      await scene.settled();
    }
  },
};
