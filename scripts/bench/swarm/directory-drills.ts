/**
 * A drill on a Swarm that takes part in a directory: its front ends speak for one cluster, and one of them
 * at a time does. Another cluster of the directory, beside the Swarm, is asked what it has been told.
 */
import type { DirectoryAnswer } from '../../../src/api/directory/directory-answer.js';
import { until } from '../../../test/e2e/support/processes.js';
import { isWhole, lossesOf, tell, told, verdict } from '../drills/drill.js';
import { HERE, type SwarmScene } from './scene.js';
import { killFrontEnds, markAll, type SwarmDrill, theScx, WITHIN_MS } from './swarm-drill.js';

const nameOf = (path: string): string => `scattercast://drill.example/${path}`;

/** The names of the sessions that a cluster lists, if it takes part in the directory. */
async function listedAt(url: string): Promise<ReadonlySet<string>> {
  const asked = await fetch(`${url}/directory`, { signal: AbortSignal.timeout(3000) });
  const { sessions, connected } = (await asked.json()) as DirectoryAnswer;
  return new Set(connected ? sessions.map(({ session }) => session.split('#')[0] ?? '') : []);
}

const announceAt = (scene: SwarmScene, machine: number, path: string): void =>
  void scene.command(
    machine,
    ...['announce', '--cluster', scene.frontEnd(machine), '--name', nameOf(path)],
  );

/** A front end that dies before that would have the upgrade rolled back. */
async function isDeployed({ bed }: SwarmScene): Promise<void> {
  const [first] = bed.machines;
  const inspect = ['service', 'inspect', 'bed_front-end', '--format', '{{.UpdateStatus.State}}'];
  await until('the upgrade', () => first?.tries(...inspect) === 'completed', 180_000);
}

export const directory: SwarmDrill = {
  mustShow:
    'the stack is deployed with --directory: another cluster, and all front ends, list what is announced ' +
    'at any front end, also when each of them has died and come back; no stream notices',
  run: async (scene) => {
    await scene.settled();
    const host = { address: HERE, within: [] };
    const { stage, bed } = scene;
    const opener = await stage.cluster({ host });
    const url = await stage.announce(opener, nameOf('directory'), '--directory');
    const beside = await stage.cluster({ host, extra: ['--directory', url] });
    const machines = bed.machines.map((_, index) => index);
    const everywhere = [beside.url, ...machines.map((index) => scene.frontEnd(index))];
    let missing = '';
    const areListed = (names: readonly string[]) =>
      until(
        `${names.join(', ')} in the directory`,
        async () => {
          const all = await Promise.all(
            everywhere.map((at) => listedAt(at).catch(() => undefined)),
          );
          const lacking = everywhere.flatMap((at, index) =>
            names.flatMap((name) => (all[index]?.has(nameOf(name)) ? [] : [`${name} at ${at}`])),
          );
          missing = lacking.join(', ');
          return lacking.length === 0;
        },
        WITHIN_MS,
      ).catch(() => {
        throw new Error(`the directory lacks ${missing}`);
      });
    markAll(scene);
    scene.deploy(scene.imageOf(await theScx(scene)), { directory: url });
    await isDeployed(scene);
    const names = ['steady'];
    await areListed(names);
    tell('directory: the session of the Swarm is listed everywhere');
    for (const machine of machines) {
      names.push(`new-${machine}`);
      announceAt(scene, machine, `new-${machine}`);
      await areListed(names);
      await killFrontEnds(scene, [machine]);
      await areListed(names);
      tell(`directory: front end ${machine} has told of a session, died, and come back`);
    }
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    return {
      seen: `${names.length} sessions are listed everywhere; ${told(losses)}`,
      held: verdict(isWhole(losses), true),
    };
  },
};
