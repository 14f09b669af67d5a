/**
 * The memory of all flows together (§4: "buffering"). Each flow has a bound of its own, but anybody
 * can invent sources, so that their flows have one bound together: `cachesBytesMax`. When it is
 * exceeded, the flow that holds most drops ADUs: the greediest makes room, and a source of usual
 * size loses nothing.
 */
import type { GossamerConfig } from '../../core/config.js';

/** What holds ADUs. */
export interface AduHolder {
  bytes(): number;
  /** Drops one ADU; only called while `bytes` > 0. */
  dropOne(): void;
}

export interface AduMemory {
  /** A holder has come or gone. Bounded by the flows. */
  readonly holders: Set<AduHolder>;
  /** A holder has `change` more bytes than before; holders that hold much make room. */
  onChange(change: number): void;
}

/** Creates the memory of one SCX; nothing is held. */
export function createAduMemory({ cachesBytesMax }: GossamerConfig): AduMemory {
  const holders = new Set<AduHolder>();
  let total = 0;

  const greediest = (): AduHolder | undefined => {
    let found: AduHolder | undefined;
    for (const holder of holders) if (holder.bytes() > (found?.bytes() ?? 0)) found = holder;
    return found;
  };

  return {
    holders,
    onChange: (change) => {
      total += change;
      // Dropping an ADU is a change, too, which ends this loop.
      while (change > 0 && total > cachesBytesMax) greediest()?.dropOne();
    },
  };
}
