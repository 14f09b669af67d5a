/**
 * `kill -STOP` of an SCX that has children, and `-CONT` later: a process that hangs closes no
 * connection, so it is noticed by its silence alone. First the SCX alone hangs, for a shorter time
 * than its supervisor waits before it starts another; then the whole cluster does, as when a
 * machine is paused, until the session has forgotten it. Its own listeners hear nothing meanwhile,
 * and are then live again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Drill,
  isWhole,
  type Losses,
  lossesOf,
  NOBODY,
  tell,
  together,
  told,
  verdict,
} from './drill.js';
import { hasChildren, type Member, pickVictim, type Scene } from './scene.js';

interface Hang {
  readonly what: string;
  readonly ms: number;
  readonly isWhole: boolean;
}

const HANGS: readonly Hang[] = [
  { what: 'its SCX', ms: 3500, isWhole: false },
  { what: 'the cluster', ms: 15_000, isWhole: true },
];
/** Until the status of the clusters is up to date after waking, ms. */
const WATCH_MS = 3000;
const MOVED_MS_MAX = 1500;

interface Outcome {
  readonly asleep: Losses;
  readonly awake: Losses;
  readonly own: Losses;
}

async function hang(scene: Scene, { scx, site }: Member, { ms, isWhole }: Hang): Promise<Outcome> {
  const frontEnd = scene.clusters[site]?.process.pid ?? Number.NaN;
  const pids = isWhole ? [frontEnd, scx.pid] : [scx.pid];
  const own = scene.listeners.filter((listener) => listener.site === site);
  const others = scene.listeners.filter((listener) => listener.site !== site);
  for (const listener of scene.listeners) listener.mark();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(ms);
  const asleep = lossesOf(others);
  for (const listener of others) listener.mark();
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await pause(WATCH_MS);
  await scene.settled();
  return { asleep, awake: lossesOf(others), own: lossesOf(own) };
}

async function hangOne(scene: Scene, kind: Hang): Promise<Outcome | undefined> {
  const victim = await pickVictim(scene, hasChildren);
  if (victim === undefined) return undefined;
  const outcome = await hang(scene, victim, kind);
  tell(`${kind.what} hangs: ${told(outcome.asleep)}; wakes: ${told(outcome.awake)}`);
  tell(`  its own listeners: ${told(outcome.own)}`);
  return outcome;
}

export const hangScx: Drill = {
  mustShow:
    `listeners of other SCXs miss and repeat nothing; all have moved within ${MOVED_MS_MAX} ms; ` +
    'when it wakes it rejoins, and no other listener notices',
  needsLinks: false,
  run: async (scene, { times }) => {
    const outcomes: Outcome[] = [];
    for (const kind of HANGS.slice(0, times)) {
      const outcome = await hangOne(scene, kind);
      if (outcome === undefined) return NOBODY;
      outcomes.push(outcome);
    }
    const others = together(outcomes.flatMap(({ asleep, awake }) => [asleep, awake]));
    const own = together(outcomes.map((outcome) => outcome.own));
    return {
      seen: `${told(others)}; rejoined; its own: ${told(own)}`,
      held: verdict(isWhole(others) && own.repeated === 0, others.stallMs <= MOVED_MS_MAX),
    };
  },
};
