/**
 * Chooses the clusters for a question: those that have room for a listener, nearest first. Where
 * distances are not known, listeners are spread by room: a cluster with twice as much room gets twice as
 * many; and a session is heard where it is carried already, before others begin to carry it.
 */
import type { LiveCluster } from '../clusters/live-cluster.js';
import type { Targets } from '../zone/place.js';
import type { Distances } from './distances.js';

export interface ChooseOptions {
  readonly distances: Distances;
  /** Whether the directory lists a session, so that clusters that do not carry it know it. */
  isListed(session: string): boolean;
  /** Random in [0, 1). */
  unit(): number;
}

/** `here`: carried there, with room; `could`: it would be. */
type Fit = 'here' | 'could' | 'no';

function fitOf(
  { carries, places, free, sessions: there }: LiveCluster,
  sessions: readonly string[] | undefined,
  isListed: ChooseOptions['isListed'],
): Fit {
  if (sessions === undefined) return free > 0 ? 'here' : 'no';
  const rooms = sessions.map((session) => there.get(session));
  if (rooms.some((room) => room !== undefined && room > 0)) return 'here';
  const isAbsent = sessions.some((session) => !there.has(session) && isListed(session));
  return carries && places > 0 && isAbsent ? 'could' : 'no';
}

/**
 * A random order in which heavier ones are the more likely to be first (Efraimidis and Spirakis 2006:
 * the order of u^(1/w) draws without replacement in proportion to w).
 */
function spread(clusters: readonly LiveCluster[], unit: () => number): LiveCluster[] {
  return clusters
    .map((cluster) => ({ cluster, at: Math.log(1 - unit()) / Math.max(1, cluster.free) }))
    .sort((one, other) => other.at - one.at)
    .map(({ cluster }) => cluster);
}

/** The clusters for listeners of a network, among those that are live. */
export function chooseClusters(
  live: readonly LiveCluster[],
  network: string,
  sessions: readonly string[] | undefined,
  { distances, isListed, unit }: ChooseOptions,
): Targets {
  const fits = live.map((cluster) => ({ cluster, fit: fitOf(cluster, sessions, isListed) }));
  const of = (wanted: Fit): LiveCluster[] =>
    fits.filter(({ fit }) => fit === wanted).map(({ cluster }) => cluster);
  const usual = [...spread(of('here'), unit), ...spread(of('could'), unit)];
  const clusters = distances.order(network, usual) ?? usual;
  return { clusters: clusters.map(({ target }) => target), isForNetwork: distances.knowsAny() };
}
