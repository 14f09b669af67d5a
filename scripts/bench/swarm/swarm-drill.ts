/** A drill on a Swarm, and what drills have in common. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { until } from '../../../test/e2e/support/processes.js';
import { type Finding, lossesOf, told } from '../drills/drill.js';
import type { FrameListener } from '../drills/frame-listener.js';
import { frontEndContainer, type SwarmScene } from './scene.js';

export interface SwarmDrill {
  readonly mustShow: string;
  run(scene: SwarmScene, times: number): Promise<Finding>;
}

export const HEARS_AGAIN_MS = 1500;
export const WITHIN_MS = 60_000;

export const ms = (value: number): string => `${value.toFixed()} ms`;

/** How long each listener heard nothing, from an instant on, ms. */
export async function silences(
  listeners: readonly FrameListener[],
  since: number,
): Promise<number[]> {
  const heardAt = listeners.map(() => Number.NaN);
  await until(
    'all to hear again',
    async () => {
      listeners.forEach((listener, index) => {
        const { lastAt } = listener.heard();
        const isBack = !listener.isClosed && lastAt > since;
        if (isBack && Number.isNaN(heardAt[index])) heardAt[index] = lastAt;
      });
      await pause(5);
      return !heardAt.some(Number.isNaN);
    },
    WITHIN_MS,
  );
  return heardAt.map((at) => at - since);
}

const areClosed = (listeners: readonly FrameListener[]): boolean =>
  listeners.every((one) => one.heard().closed > 0);

/** Resolves when all listeners were closed. */
export const allClosed = (listeners: readonly FrameListener[]): Promise<unknown> =>
  until('all to be closed', () => areClosed(listeners), WITHIN_MS);

export const markAll = ({ listeners, elsewhere }: SwarmScene): void => {
  for (const listener of [...listeners, elsewhere]) listener.mark();
};

/** What the listener at the other cluster missed: nothing may be. */
export function missedElsewhere({ elsewhere }: SwarmScene): { text: string; isNone: boolean } {
  const { missing, repeated, foreign, closed } = elsewhere.heard();
  const all = missing + repeated + foreign + closed;
  return {
    text: all === 0 ? 'nothing missed elsewhere' : `elsewhere: ${told(lossesOf([elsewhere]))}`,
    isNone: all === 0,
  };
}

export async function theScx(scene: SwarmScene): Promise<ScxStatus> {
  const found = await until('the SCX', async () => (await scene.scxs())[0]);
  return found;
}

/** Kills the front ends of these machines, and waits until all answer again. */
export async function killFrontEnds(
  scene: SwarmScene,
  machines: readonly number[],
): Promise<number> {
  const killedAt = performance.now();
  for (const index of machines) {
    const machine = scene.bed.machines[index];
    machine?.docker('kill', frontEndContainer(machine));
  }
  const answer = async (): Promise<boolean> => {
    const all = await Promise.all(machines.map((machine) => scene.statusAt(machine)));
    return all.every((status) => status !== undefined);
  };
  await until('the front ends', answer, WITHIN_MS);
  return performance.now() - killedAt;
}

/** All containers of a service, on all machines that answer. */
export function containersOf({ bed }: SwarmScene, { service }: ScxStatus): number {
  const filter = ['--filter', `label=com.docker.swarm.service.id=${service}`];
  const ids = bed.machines.flatMap((machine) =>
    (machine.tries('ps', '--quiet', ...filter) ?? '').split('\n').filter((id) => id !== ''),
  );
  return ids.length;
}

/** The ids of the session's SCXs, and of those that are rendezvous, as each front end sees them. */
export async function seenBy(scene: SwarmScene): Promise<string[]> {
  const all = await Promise.all(scene.bed.machines.map((_, machine) => scene.scxsAt(machine)));
  return all.map((scxs) =>
    scxs.map(({ id, rendezvous }) => `${id}${rendezvous ? ' rendezvous' : ''}`).join(', '),
  );
}
