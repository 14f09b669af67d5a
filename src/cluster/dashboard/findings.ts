/**
 * What is not as it should be at a cluster, and what its operator can do about it. A function of what the
 * dashboard shows, so that each rule is a few lines that a test can read.
 */
import type {
  DashboardSnapshot,
  EncoderLine,
  Finding,
  MachineLine,
  SessionLine,
} from '../../api/dashboard/snapshot.js';

/** What is looked at. */
export interface Facts
  extends Omit<DashboardSnapshot, 'findings' | 'warnings' | 'countries' | 'sessions'> {
  /** All of them. */
  readonly sessions: readonly SessionLine[];
  readonly isDiskWritable: boolean;
  /** Sessions whose SCX here knows others and has no neighbour among them. */
  readonly isolated: readonly string[];
}

const HOUR_MS = 3_600_000;
/** So few of the places left are a warning. */
const TIGHT = 0.9;
/** Deaths of a session's SCX in an hour that are no accident any more. */
const DEATHS_MANY = 3;
const MEMORY_LEAST = 0.05;
const DISK_LEAST_BYTES = 200 * 1024 * 1024;
const FINDINGS_MAX = 50;

const red = (what: string, todo: string): Finding => ({ level: 'red', what, todo });
const amber = (what: string, todo: string): Finding => ({ level: 'amber', what, todo });

function diskFindings({ isDiskWritable, history, machines }: Facts): readonly Finding[] {
  const found: Finding[] = [];
  if (!isDiskWritable) {
    const todo =
      'Make room on the disk of the data directory, or make it writable. Streams go on meanwhile, but ' +
      'nothing can be announced, and log lines are lost.';
    found.push(red('The data directory cannot be written.', todo));
  } else if (history?.isWritten === false) {
    const todo =
      `The reason: ${history.reason}. Look at history.db in the data directory and at the room on its ` +
      'disk. Streams are not affected; what happens meanwhile is missing in charts and reports.';
    found.push(amber('The history cannot be written.', todo));
  }
  for (const { name, load } of machines) {
    const { diskFree } = load ?? { diskFree: null };
    if (diskFree === null || diskFree >= DISK_LEAST_BYTES) continue;
    const what = `Only ${Math.round(diskFree / 1e6)} MB are left on the data disk of ${name}.`;
    found.push(amber(what, 'Make room on it, before nothing can be announced or logged any more.'));
  }
  return found;
}

function machineFindings({ machines }: Facts): readonly Finding[] {
  return machines.flatMap(({ name, isReady, isActive, load, scxs }: MachineLine) => {
    if (!isReady) {
      const todo =
        'Its listeners are sent to other machines. Look whether it runs and reaches the others: ' +
        '"docker node ls" on a manager tells its state.';
      return [red(`The machine ${name} is not reached.`, todo)];
    }
    const found: Finding[] = [];
    if (!isActive && scxs > 0) {
      const todo = 'Its SCXs move when it is drained; wait until it has none before you stop it.';
      found.push(amber(`The machine ${name} is to get no SCXs, and still has ${scxs}.`, todo));
    }
    if (load !== undefined && load.memoryFree < load.memoryTotal * MEMORY_LEAST) {
      const todo =
        'End other programs on it, or lower --max-scxs: the system kills what is largest.';
      found.push(red(`The memory of ${name} is almost used up.`, todo));
    }
    if (load !== undefined && load.load > load.cores * 2) {
      const todo =
        'Listeners may hear gaps. Move sessions to other machines, or end other programs on it.';
      found.push(
        amber(`The processors of ${name} have more than twice the work that they can do.`, todo),
      );
    }
    return found;
  });
}

function capacityFindings({ cluster, sessions }: Facts): readonly Finding[] {
  const { scxs, scxsMax } = cluster;
  const found: Finding[] = [];
  if (scxs >= scxsMax * TIGHT) {
    const what = `${scxs} of ${scxsMax} SCXs are in use.`;
    const todo = 'Raise --max-scxs, and --scx-ports with it: further sessions are refused.';
    found.push(scxs >= scxsMax ? red(what, todo) : amber(what, todo));
  }
  for (const { path, listeners, listenersMax } of sessions) {
    if (listenersMax === 0 || listeners < listenersMax * TIGHT || scxs < scxsMax) continue;
    const what = `${path} has ${listeners} of at most ${listenersMax} listeners.`;
    found.push(red(what, 'Raise --max-listeners or --max-scxs: further listeners are refused.'));
  }
  return found;
}

/** What an encoder needs, where it is refused again and again. */
function encoderAdvice({ refused }: Facts, path: string): string {
  const last = refused.find(({ session }) => session === path);
  if (last === undefined) {
    return (
      'If it should be, look at its encoder or broadcaster: does it run, and does it reach this cluster? ' +
      'A fallback (announce --fallback) is heard while none is there.'
    );
  }
  return (
    `A client was refused ${last.count} times: ${last.reason} Give it the source password that ` +
    'announce has printed, or one of their own, which announce --dj makes.'
  );
}

function airFindings(facts: Facts): readonly Finding[] {
  const off = facts.sessions.filter(({ kept, onAir }) => kept && !onAir);
  const heard = off.filter(({ listeners }) => listeners > 0);
  return [
    ...heard.map(({ path, listeners }) =>
      red(`${path} is off the air, and ${listeners} wait.`, encoderAdvice(facts, path)),
    ),
    ...off
      .filter(({ listeners }) => listeners === 0)
      .map(({ path }) => amber(`${path} is off the air.`, encoderAdvice(facts, path))),
    ...facts.encoders
      .filter(({ isSilent }) => isSilent)
      .map(({ session, name }: EncoderLine) =>
        amber(
          `The encoder ${name} of ${session} sends nothing but silence.`,
          'Look at its input: is the right sound card, line or file chosen, and its level up?',
        ),
      ),
  ];
}

function deathFindings({ failures, at }: Facts): readonly Finding[] {
  const deaths = new Map<string, { count: number; text: string }>();
  for (const failure of failures) {
    if (failure.kind !== 'scx' || failure.at < at - HOUR_MS) continue;
    const known = deaths.get(failure.session);
    deaths.set(failure.session, {
      count: (known?.count ?? 0) + 1,
      text: known?.text ?? failure.text,
    });
  }
  return [...deaths].map(([session, { count, text }]) => {
    const what = `${session}: its SCX has failed in the last hour (${count}\u00d7). ${text}`;
    const todo =
      'It was started again, and players came back. Its log is in the folder logs of the data directory; ' +
      'if the system has killed it, look at the memory of the machine.';
    return count >= DEATHS_MANY ? red(what, todo) : amber(what, todo);
  });
}

const isolationFindings = ({ isolated }: Facts): readonly Finding[] =>
  isolated.map((path) =>
    red(
      `${path} has no neighbour at other clusters.`,
      'What is heard here comes from nowhere else, or not at all. Let the other clusters reach the ' +
        'overlay ports (--scx-ports) through your firewall, and see that --host is an address that they reach.',
    ),
  );

/** What is found, red first; nothing if all is well. */
export function findingsOf(facts: Facts): readonly Finding[] {
  const found = [
    ...diskFindings(facts),
    ...machineFindings(facts),
    ...capacityFindings(facts),
    ...isolationFindings(facts),
    ...airFindings(facts),
    ...deathFindings(facts),
  ];
  const isRed = ({ level }: Finding): boolean => level === 'red';
  return [...found.filter(isRed), ...found.filter((one) => !isRed(one))].slice(0, FINDINGS_MAX);
}
