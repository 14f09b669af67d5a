/**
 * Listeners that come to clusters again and again, on a matrix of measured round trips: some nodes
 * are clusters, which know their network coordinates; each other node is a network of listeners.
 * At a visit a listener asks any cluster, which sends it to the one that is held for the nearest
 * and has room. Both connections show their round trip.
 */
import { movedCoordinates, UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Coordinates } from '../../../src/gossamer/core/node.js';
import type { Rng } from '../../../src/lib/rng.js';
import { clustersInstead, nearerClusters } from '../../../src/locating/choice.js';
import type { PlacedCluster } from '../../../src/locating/nearest-cluster.js';
import { createSeenNetworks } from '../../../src/locating/seen-networks.js';
import { type RttMatrix, rttMs } from '../../../src/simulator/topology/topology.js';

/** Ping experiments of each cluster with others before the first listener comes. */
const EXPERIMENTS = 300;

export interface VisitOptions {
  readonly matrix: RttMatrix;
  readonly clusters: number;
  /** Listeners of each network at most, visits of each. */
  readonly visits: number;
  /** Places at each cluster, in units of an equal share of all listeners. */
  readonly room: number;
  readonly rng: Rng;
}

export interface VisitReport {
  /** By visit, of each listener: how much farther its cluster was than the nearest with room, ms. */
  readonly excessMs: readonly (readonly number[])[];
  /** The fullest cluster at any time, as a share of its room. */
  readonly fullest: number;
  /** Time of one choice, ms. */
  readonly choiceMs: number;
}

/** The clusters' nodes with the coordinates that they find. */
function placeClusters(matrix: RttMatrix, nodes: readonly number[], rng: Rng): PlacedCluster[] {
  const places: Coordinates[] = nodes.map(() => UNKNOWN_COORDINATES);
  for (let experiment = 0; experiment < EXPERIMENTS; experiment++) {
    nodes.forEach((node, index) => {
      const other = rng.below(nodes.length);
      if (other === index) return;
      const coordinates = places[other] as Coordinates;
      const distanceMs = rttMs(matrix, node, nodes[other] as number) / 2;
      places[index] = movedCoordinates(
        places[index] as Coordinates,
        { coordinates, distanceMs },
        rng,
      );
    });
  }
  return places.map((coordinates, index) => ({ id: `${nodes[index]}`, coordinates }));
}

/** Plays the visits of all listeners, one after the other, in rounds. */
export function drawVisits({
  matrix,
  clusters: count,
  visits,
  room,
  rng,
}: VisitOptions): VisitReport {
  const all = Array.from({ length: matrix.nodes }, (_, node) => node);
  const nodes = rng.sample(all, matrix.nodes);
  const clusters = placeClusters(matrix, nodes.slice(0, count), rng.fork('places'));
  const listeners = nodes.slice(count);
  const places = Math.ceil((room * listeners.length) / count);
  const networks = createSeenNetworks(rng.fork('networks'));
  let [fullest, choiceMs] = [0, 0];

  /** The first one that has room, of those that are much nearer, or in place of one that is full. */
  const choose = (listener: number, asked: PlacedCluster, open: readonly PlacedCluster[]) => {
    const others = open
      .filter((one) => one !== asked)
      .map((one) => ({ ...one, rttMs: rttMs(matrix, Number(asked.id), Number(one.id)) }));
    const choice = { here: asked, others, network: `${listener}`, seen: networks };
    const find = (id: string | undefined) => open.find((one) => one.id === id);
    const nearer = find(nearerClusters(choice)[0]?.id);
    if (nearer !== undefined) return nearer;
    if (open.includes(asked)) return asked;
    return find(clustersInstead(choice)[0]) ?? (rng.pick(open) as PlacedCluster);
  };

  const round = (visit: number): number[] => {
    const load = new Map(clusters.map(({ id }) => [id, 0]));
    return listeners.map((listener) => {
      const to = ({ id }: PlacedCluster): number => rttMs(matrix, listener, Number(id));
      const open = clusters.filter(({ id }) => (load.get(id) ?? 0) < places);
      const asked = rng.pick(clusters) as PlacedCluster;
      const begun = performance.now();
      const chosen = choose(listener, asked, open);
      choiceMs += performance.now() - begun;
      load.set(chosen.id, (load.get(chosen.id) ?? 0) + 1);
      fullest = Math.max(fullest, (load.get(chosen.id) ?? 0) / places);
      for (const cluster of [asked, chosen]) {
        networks.onSeen(`${listener}`, cluster, to(cluster), visit);
      }
      return to(chosen) - Math.min(...open.map(to));
    });
  };

  const excessMs = Array.from({ length: visits + 1 }, (_, visit) => round(visit));
  return { excessMs, fullest, choiceMs: choiceMs / (listeners.length * (visits + 1)) };
}
