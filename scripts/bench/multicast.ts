/**
 * Multicast in a local network: receivers of `tune` on hosts of their own at a bridge that looks into IGMP.
 * What is counted are the bytes at the interface of the cluster's host, headers included, against those of
 * the sound that one receiver gets; first by unicast, with no multicast at the cluster, then by multicast. In the
 * end the groups are filtered at one host, and then no longer, and the time is told until its receivers use the
 * connection and the group again; ADUs that any receiver misses meanwhile count.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type LocalHost, openLocalNetwork } from '../../test/e2e/support/local-network.js';
import { CLIP, type Running, start, until } from '../../test/e2e/support/processes.js';
import { createStage, type Stage } from '../../test/e2e/support/stage.js';
import { type Flag, type Flags, numberOf, type Row, round } from './benchmark.js';
import { closeOnSignal } from './machine/close-on-signal.js';

export const flags: Readonly<Record<string, Flag>> = {
  receivers: { standard: '100', help: 'receivers in all' },
  hosts: { standard: '10', help: 'the hosts on which they are' },
  seconds: { standard: '20', help: 'duration of each measurement, s' },
};

/** Starting so many on a busy machine takes its time, ms. */
const JOIN_WITHIN_MS = 240_000;
const PATH = 'radio.example/night';

interface Figures {
  readonly onGroup: number;
  readonly bytes: number;
  readonly missed: number;
  readonly wentBack: number;
  /** When the last one left the group, and when one came to it. */
  readonly leftAt: number;
  readonly cameAt: number;
}

const last = ({ stdout }: Running): Figures =>
  JSON.parse(stdout().trimEnd().split('\n').at(-1) || '{"onGroup":0,"bytes":0}') as Figures;

const sum = (all: readonly Running[], of: (figures: Figures) => number): number =>
  all.reduce((total, one) => total + of(last(one)), 0);

/**
 * Filters the groups at a host, and then no longer; returns how long it took until the last of its receivers
 * went on by unicast, and by the group again, s.
 */
async function filterGroups(host: LocalHost, receivers: Running, count: number) {
  const filteredAt = Date.now();
  host.hearsGroups(false);
  await until('unicast', () => last(receivers).onGroup === 0, JOIN_WITHIN_MS);
  const { leftAt } = last(receivers);
  const openedAt = Date.now();
  host.hearsGroups(true);
  await until('the group again', () => last(receivers).onGroup === count, JOIN_WITHIN_MS);
  const seconds = (ms: number): number => round(ms / 1000, 2);
  return {
    'unicast after a filter, s': seconds(leftAt - filteredAt),
    'on the group again after, s': seconds(last(receivers).cameAt - openedAt),
  };
}

async function measure(
  stage: Stage,
  hosts: readonly LocalHost[],
  { receivers, seconds }: { readonly receivers: number; readonly seconds: number },
  multicast: readonly string[],
): Promise<Row> {
  const [host, ...others] = hosts as [LocalHost, ...LocalHost[]];
  try {
    const cluster = await stage.cluster({ host, extra: multicast });
    const announcement = await stage.announce(cluster, `scattercast://${PATH}`);
    const env = { SCATTERCAST_PASSWORD: stage.secretsOf(announcement).password };
    const to = ['--cluster', cluster.url, '--announcement', announcement];
    const sent = stage.run(['broadcast', ...to, '--loop', CLIP], { env, host });
    await sent.line(/on the air/);
    const each = Math.ceil(receivers / others.length);
    const script = ['--import', 'tsx', 'scripts/bench/multicast/receivers.ts'];
    const all = others.map(({ within: [program = '', ...within] }) =>
      start(program, [
        ...[...within, process.execPath, ...script, cluster.url, announcement, `${each}`],
      ]),
    );
    const total = each * others.length;
    const isReady = () =>
      multicast.length > 0
        ? sum(all, ({ onGroup }) => onGroup) === total
        : all.every((one) => last(one).bytes > 0);
    await until('all receivers', isReady, JOIN_WITHIN_MS);
    await pause(6000); // the first seconds come at once
    const before = { wire: host.bytes().sent, sound: sum(all, ({ bytes }) => bytes) };
    await pause(seconds * 1000);
    const wire = host.bytes().sent - before.wire;
    const sound = (sum(all, ({ bytes }) => bytes) - before.sound) / total;
    const [filtered, atFiltered] = [others[0], all[0]];
    const isTried = multicast.length > 0 && filtered !== undefined && atFiltered !== undefined;
    const onGroup = sum(all, (figures) => figures.onGroup);
    const changes = isTried ? await filterGroups(filtered, atFiltered, each) : {};
    const row = {
      receivers: total,
      by: multicast.length > 0 ? 'multicast' : 'unicast',
      'bytes on the wire / sound of one': round(wire / sound, 2),
      'on the group': onGroup,
      'ADUs missed': sum(all, ({ missed }) => missed),
      'went back': sum(all, ({ wentBack }) => wentBack),
      ...changes,
    };
    for (const { child } of all) child.kill('SIGTERM');
    await Promise.all(all.map(({ exited }) => exited));
    return row;
  } finally {
    await stage.close();
  }
}

export async function run(flags: Flags): Promise<Row[]> {
  const wanted = {
    receivers: numberOf(flags, 'receivers'),
    seconds: numberOf(flags, 'seconds'),
  };
  const network = openLocalNetwork(1 + Math.min(numberOf(flags, 'hosts'), wanted.receivers));
  const [first, second] = [createStage(), createStage()];
  const close = async (): Promise<void> => {
    await Promise.all([first.close(), second.close()]);
    network.close();
  };
  closeOnSignal(close);
  const groups = ['--multicast', '239.192.40.0/24', '--interface', 'eth0'];
  try {
    const unicast = await measure(first, network.hosts, wanted, []);
    return [unicast, await measure(second, network.hosts, wanted, groups)];
  } finally {
    await close();
  }
}
