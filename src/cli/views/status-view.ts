/**
 * The tables of `scattercast status`. First all sessions of the cluster; then, for each SCX, its
 * neighbours in the mesh, its parents and children in the distribution trees, and whatever has
 * disturbed it. `--json` prints more; this is what an operator wants to see at a glance.
 */

import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import type { DisturbanceStatus, ScxStatus } from '../../api/scx-status.js';
import { type Cell, drawTable, indent } from './plain-table.js';

/** The first 8 characters of an id: ids are random, so these are enough to distinguish them. */
const short = (id: string | null): string => id?.slice(0, 8) ?? '-';

type Machine = NonNullable<ClusterStatus['cluster']['machines']>[number];

const list = (ids: readonly string[]): string => ids.map(short).join(' ') || '-';

const sessionRow = (session: SessionStatus): readonly Cell[] => [
  session.path,
  session.onAir ? 'on the air' : 'silent',
  session.title ?? '-',
  session.listeners,
  session.listenersPeak,
  session.listenersTotal,
  session.scxs.length,
  session.sources,
  session.listenUrl,
];

const machineRow = ({ name, ready, active, scxs, listeners }: Machine): readonly Cell[] => [
  name,
  ready ? (active ? 'ready' : 'drained') : 'away',
  scxs,
  listeners,
];

const scxRow = (scx: ScxStatus): readonly Cell[] => [
  short(scx.id),
  scx.state,
  scx.pid,
  scx.httpUrl,
  scx.overlayAddress,
  `${scx.listeners} of ${scx.listenersMax}`,
  scx.attachedSources,
  scx.title ?? '-',
];

const neighbourRows = (scx: ScxStatus): readonly (readonly Cell[])[] =>
  scx.neighbours.map(({ id, address, rttMs, ours }) => [
    short(id),
    address,
    `${rttMs.toFixed(1)} ms`,
    ours ? 'ours' : 'theirs',
  ]);

const flowRows = (scx: ScxStatus): readonly (readonly Cell[])[] =>
  scx.sources.flatMap((source) =>
    source.flows.map((flow) => [
      [source.name, short(source.id)].filter(Boolean).join(' '),
      flow.channel,
      short(flow.parent),
      list(flow.children),
      source.costMs === null ? '-' : `${source.costMs.toFixed(1)} ms`,
      source.audience,
      flow.delivered,
      flow.missed,
    ]),
  );

/** `3 failovers (2 closed, 1 silent)`; an empty list when there were none. */
function countedBy(what: string, counts: Readonly<Record<string, number>>): readonly string[] {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  const total = some.reduce((sum, [, count]) => sum + count, 0);
  const causes = some.map(([cause, count]) => `${count} ${cause}`).join(', ');
  return total === 0 ? [] : [`${total} ${what} (${causes})`];
}

/** What has disturbed an SCX since it started; undefined: nothing. */
function disturbanceLine(seen: DisturbanceStatus): string | undefined {
  const parts = [
    ...countedBy('failovers', seen.failovers),
    ...(seen.stallMs > 0 ? [`${(seen.stallMs / 1000).toFixed(2)} s stalled`] : []),
    ...countedBy('frames repaired', seen.repaired),
    ...countedBy('frames lost', seen.lost),
  ];
  return parts.length > 0 ? parts.join(', ') : undefined;
}

/** The clients that were not let in as sources: why, how often, and from where. */
const refusedLines = ({ refused = [] }: ScxStatus): readonly string[] =>
  refused.map(({ network, reason, count, lastAt }) =>
    indent(`refused ${count} times: ${reason} (from ${network || 'somewhere'}, last ${lastAt})`),
  );

/** The SCXs that did not deliver; undefined: all did. */
function avoidedLine({ avoided }: ScxStatus): string | undefined {
  if (avoided === undefined) return undefined;
  const now = avoided.scxs.length === 0 ? '' : `, now avoids ${list(avoided.scxs)}`;
  return `left SCXs that did not deliver ${avoided.times} times${now}`;
}

function scxBlock(scx: ScxStatus): readonly string[] {
  const blocks = [drawTable(SCX_HEAD, [scxRow(scx)])];
  const disturbed = disturbanceLine(scx.disturbances);
  if (disturbed !== undefined) blocks.push(indent(disturbed));
  const avoided = avoidedLine(scx);
  if (avoided !== undefined) blocks.push(indent(avoided));
  blocks.push(...refusedLines(scx));
  const neighbours = neighbourRows(scx);
  const flows = flowRows(scx);
  if (neighbours.length > 0) blocks.push(indent(drawTable(NEIGHBOUR_HEAD, neighbours)));
  if (flows.length > 0) blocks.push(indent(drawTable(FLOW_HEAD, flows)));
  return blocks.map(indent);
}

const SESSION_HEAD = [
  ...['session', 'state', 'station', 'listeners', 'peak', 'total', 'SCXs', 'sources', 'listen'],
];
const MACHINE_HEAD = ['machine', 'state', 'SCXs', 'listeners'];
const SCX_HEAD = ['SCX', 'state', 'pid', 'http', 'overlay', 'listeners', 'sources', 'playing'];
const NEIGHBOUR_HEAD = ['neighbour', 'address', 'rtt', 'edge'];
const FLOW_HEAD = [
  'source',
  'channel',
  'parent',
  'children',
  'distance',
  'audience',
  'delivered',
  'missed',
];

/** The processes that wait to become an SCX; empty if the cluster keeps none. */
const spareLines = ({ spares = [] }: ClusterStatus['cluster']): readonly string[] =>
  spares.map(({ pid, ready, machine }) => {
    const where = machine === undefined ? `process ${pid}` : `at ${machine}`;
    return `spare SCX: ${where}, ${ready ? 'ready' : 'starting'}`;
  });

/** A cluster's status as text, with a final newline. */
export function statusText({ cluster, sessions }: ClusterStatus): string {
  const { machines } = cluster;
  const where = machines === undefined ? [] : [drawTable(MACHINE_HEAD, machines.map(machineRow))];
  const spares = spareLines(cluster).join('\n');
  const blocks = [...where, ...sessionBlocks(sessions), ...(spares === '' ? [] : [spares])];
  return `${blocks.join('\n\n')}\n`;
}

function sessionBlocks(sessions: ClusterStatus['sessions']): readonly string[] {
  if (sessions.length === 0)
    return ['no sessions: nothing is announced at this cluster, and nobody listens'];
  const blocks = [drawTable(SESSION_HEAD, sessions.map(sessionRow))];
  for (const session of sessions) {
    const head = `${session.path}\n  key ${session.key}`;
    if (session.scxs.length > 0) blocks.push(head, ...session.scxs.flatMap(scxBlock));
  }
  return blocks;
}
