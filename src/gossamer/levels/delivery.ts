/**
 * The frames of a node as one stream for each source and channel, whichever of its meshes brings
 * them. While a node changes neighbourhoods it hears a source in both, and one mesh may be ahead of
 * the other: its frames wait until those before them have come.
 */
import type { Adu } from '../core/node.js';

/** Frames that wait in one stream at most: some seconds. */
const WAITING_MAX = 512;

interface Delivered {
  next: number;
  /** Bounded by WAITING_MAX. */
  readonly waiting: Map<number, Adu>;
}

export interface Delivery {
  /**
   * Returns the frames that are to be delivered now.
   * @param decides whether that mesh is the one we are in: what it skips is lost
   */
  accept(adu: Adu, decides: boolean): Adu[];
  /** Whether a frame was delivered, or waits for those before it. */
  isWithin(adu: Adu): boolean;
}

/** Creates a node's streams. Bounded: one for each source and channel that its meshes deliver. */
export function createDelivery(): Delivery {
  const streams = new Map<string, Delivered>();
  const keyOf = ({ source, channel }: Adu): string => `${source}/${channel}`;

  const takeReady = (stream: Delivered): Adu[] => {
    const ready: Adu[] = [];
    for (;;) {
      const adu = stream.waiting.get(stream.next);
      if (adu === undefined) return ready;
      stream.waiting.delete(stream.next++);
      ready.push(adu);
    }
  };

  return {
    accept: (adu, decides) => {
      const key = keyOf(adu);
      const stream = streams.get(key) ?? { next: adu.sequence, waiting: new Map() };
      streams.set(key, stream);
      if (adu.sequence < stream.next) return [];
      stream.waiting.set(adu.sequence, adu);
      if (decides || stream.waiting.size > WAITING_MAX) {
        const first = [...stream.waiting.keys()].sort((a, b) => a - b)[0] as number;
        if (stream.next < first) stream.next = first;
      }
      return takeReady(stream);
    },
    isWithin: (adu) => adu.sequence <= (streams.get(keyOf(adu))?.next ?? adu.sequence),
  };
}
