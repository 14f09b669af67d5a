/**
 * A sketch of one SCX: what a map of the overlay shows of it. It is small, because an SCX sends it to
 * each cluster that watches the session (overlay/watch/), and it names no addresses and no listeners.
 */
import type { Coordinates, NodeId, SourceId } from './core/node.js';
import type { FlowView, GossamerView, SourceView } from './view.js';

/** Bounds of the lists; k1 + k2 edges and a few sources are usual. */
export const SKETCH_NEIGHBOURS_MAX = 32;
export const SKETCH_SOURCES_MAX = 16;

/** Where an SCX lies: see core/coordinates.ts, ms. */
export type SketchPlace = Pick<Coordinates, 'x' | 'y' | 'height'>;

/** A source of the session as this SCX sees it. */
interface SketchSource {
  readonly id: SourceId;
  /** The SCX that the source is attached to. */
  readonly scx: NodeId;
  /** The SCX that its audio comes from; null at the source's SCX, and while there is none. */
  readonly parent: NodeId | null;
  /** Listeners here and below. */
  readonly audience: number;
}

/** One SCX at one instant. */
export interface Sketch {
  /** Null before the first ping experiment. */
  readonly place: SketchPlace | null;
  /** Its own listeners. */
  readonly listeners: number;
  readonly neighbours: readonly { readonly id: NodeId; readonly rttMs: number }[];
  readonly sources: readonly SketchSource[];
  /** Counts since its start, over all causes: changes of parent, ms, ADUs, ADUs. */
  readonly failovers: number;
  readonly stallMs: number;
  readonly repaired: number;
  readonly lost: number;
}

/** Hundredths of a millisecond: more digits would only be noise. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** The place at these coordinates; null where they are not known. */
export const placeOf = ({ x, y, height, samples }: Coordinates): SketchPlace | null =>
  samples === 0 ? null : { x: rounded(x), y: rounded(y), height: rounded(height) };

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

/** The flow of the audio, which has the lowest number of all channels. */
const mainFlow = (flows: readonly FlowView[]): FlowView | undefined =>
  flows.toSorted((a, b) => a.channel - b.channel)[0];

const sourceOf = ({ source, scx, audience, flows }: SourceView): SketchSource => ({
  id: source.id,
  scx,
  parent: mainFlow(flows)?.parent ?? null,
  audience,
});

/** Draws the sketch of an SCX. */
export function sketchOf(view: GossamerView): Sketch {
  const { place, listeners, neighbours, sources, disturbances } = view;
  return {
    place: placeOf(place),
    listeners,
    neighbours: neighbours
      .slice(0, SKETCH_NEIGHBOURS_MAX)
      .map(({ member, rttMs }) => ({ id: member.id, rttMs: rounded(rttMs) })),
    sources: sources.slice(0, SKETCH_SOURCES_MAX).map(sourceOf),
    failovers: sum(disturbances.failovers),
    stallMs: Math.round(disturbances.stallMs),
    repaired: sum(disturbances.repaired),
    lost: sum(disturbances.lost),
  };
}

/** What is shown at once when it changes; round trips and coordinates change all the time. */
const newsIn = ({ place, neighbours, ...rest }: Sketch): unknown => [
  place === null,
  neighbours.map(({ id }) => id),
  rest,
];

/** Whether two sketches of an SCX differ in more than measurements. */
export const isNews = (before: Sketch, after: Sketch): boolean =>
  JSON.stringify(newsIn(before)) !== JSON.stringify(newsIn(after));
