/**
 * The bridge between the two meshes of a representative: a frame that arrives in one mesh is a
 * source's frame in the other one. Each source crosses from the mesh where its epoch is higher, and
 * its epoch is lowered by one there: so nothing crosses back, and no loop can form, whatever the
 * representatives believe of each other. All representatives of a neighbourhood do the same, so a
 * source has several roots with the same epoch in a mesh; each SCX uses the nearest one
 * (distribution/known-sources.ts), and the others when it dies.
 *
 * Make before break: where a source is heard already, it is announced only when what crosses
 * continues what is heard there, so that no frame is missed.
 */
import type { Input } from '../core/effects.js';
import type { Adu, Source, SourceId } from '../core/node.js';
import type { AnnouncedSource } from './participant.js';

export type Side = 'lower' | 'upper';

/** Epochs of one attachment: at the source's SCX, in the upper mesh, and in other neighbourhoods. */
const CROSSINGS = 3;

/** The source as its SCX announces it in its neighbourhood. */
export const asAttached = (source: Source): Source => ({
  ...source,
  epoch: source.epoch * CROSSINGS + CROSSINGS - 1,
});

interface Crossing {
  readonly from: Side;
  readonly to: Side;
  readonly source: Source;
  isAnnounced: boolean;
}

/** One source: what the others announce in each mesh, and how it crosses. */
interface Known {
  readonly announced: Map<Side, Source>;
  crossing: Crossing | undefined;
}

export interface Bridge {
  /** From now on sources cross. */
  open(): void;
  /** Sources that are announced in a mesh, by us or not. */
  learn(side: Side, sources: Iterable<AnnouncedSource>): void;
  onSourceDown(side: Side, id: SourceId): void;
  onDelivered(side: Side, adu: Adu): void;
  /** Nothing crosses any more, and what is known of one mesh, which we leave, is forgotten. */
  close(left: Side): void;
}

const otherOf = (side: Side): Side => (side === 'lower' ? 'upper' : 'lower');

/**
 * Creates a bridge over which nothing crosses.
 * @param feed gives an input to our machine in a mesh
 * @param ownSource a source of the node itself, which only ever crosses to the upper mesh
 */
export function createBridge(
  feed: (side: Side, input: Input) => void,
  ownSource: (id: SourceId) => Source | undefined = () => undefined,
): Bridge {
  /** Bounded as the sources of the meshes are. */
  const sources = new Map<SourceId, Known>();
  let isOpen = false;
  /** By mesh, source and channel: the last ADU that was delivered there. */
  const positions = new Map<string, number>();
  const keyOf = (side: Side, { source, channel }: Adu): string => `${side}/${source}/${channel}`;

  /** The crossing that the announcements ask for. */
  const crossingOf = (id: SourceId, { announced }: Known): Crossing | undefined => {
    const [lower, upper] = [ownSource(id) ?? announced.get('lower'), announced.get('upper')];
    const from = (lower?.epoch ?? -1) > (upper?.epoch ?? -1) ? 'lower' : 'upper';
    const source = from === 'lower' ? lower : upper;
    const there = announced.get(otherOf(from))?.epoch ?? -1;
    if (!isOpen || source === undefined || source.epoch % CROSSINGS === 0) return undefined;
    const epoch = source.epoch - 1;
    if (there > epoch) return undefined;
    return { from, to: otherOf(from), source: { ...source, epoch }, isAnnounced: false };
  };

  const isHeard = (side: Side, id: SourceId): boolean => {
    const prefix = `${side}/${id}/`;
    for (const key of positions.keys()) if (key.startsWith(prefix)) return true;
    return false;
  };

  const announce = (crossing: Crossing): void => {
    crossing.isAnnounced = true;
    feed(crossing.to, { kind: 'announceSource', source: crossing.source });
  };

  const withdraw = ({ to, source, isAnnounced }: Crossing): void => {
    if (isAnnounced) feed(to, { kind: 'withdrawSource', source: source.id });
  };

  const settle = (id: SourceId, known: Known): void => {
    const [before, wanted] = [known.crossing, crossingOf(id, known)];
    if (before?.to === wanted?.to && before?.source.epoch === wanted?.source.epoch) return;
    const continues = before?.isAnnounced === true && before.to === wanted?.to;
    if (before !== undefined && !continues) withdraw(before);
    known.crossing = wanted;
    if (wanted !== undefined && (continues || !isHeard(wanted.to, id))) announce(wanted);
  };

  const knownOf = (id: SourceId): Known => {
    const known = sources.get(id) ?? { announced: new Map(), crossing: undefined };
    sources.set(id, known);
    return known;
  };

  return {
    open: () => {
      isOpen = true;
      for (const [id, known] of sources) settle(id, known);
    },
    learn: (side, learned) => {
      for (const { source, isOurs } of learned) {
        const known = knownOf(source.id);
        if (isOurs && known.crossing?.to === side) continue;
        known.announced.set(side, source);
        settle(source.id, known);
      }
    },
    onSourceDown: (side, id) => {
      const known = knownOf(id);
      known.announced.delete(side);
      settle(id, known);
      if (known.announced.size === 0 && known.crossing === undefined) sources.delete(id);
    },
    onDelivered: (side, adu) => {
      positions.set(keyOf(side, adu), adu.sequence);
      const crossing = sources.get(adu.source)?.crossing;
      if (crossing === undefined || crossing.from !== side) return;
      const there = positions.get(keyOf(crossing.to, adu));
      if (!crossing.isAnnounced && (there === undefined || adu.sequence <= there + 1)) {
        announce(crossing);
      }
      if (crossing.isAnnounced) feed(crossing.to, { kind: 'publish', adu });
    },
    close: (left) => {
      isOpen = false;
      for (const [id, known] of sources) {
        known.announced.delete(left);
        settle(id, known);
      }
      for (const key of positions.keys()) if (key.startsWith(left)) positions.delete(key);
    },
  };
}
