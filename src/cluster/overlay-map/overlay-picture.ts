/**
 * The overlay of a session as it was told last: what somebody who begins to look is shown at once. SCXs
 * that are not told of again after another SCX has begun to tell are gone.
 *
 * Bounded: SCXS_MAX.
 */
import type { GoneLine, OverlayLine, ScxLine } from '../../api/overlay-map/overlay-record.js';

export interface OverlayPicture {
  /** Takes a line; undefined if it is no news, or one too many. */
  take(line: OverlayLine): OverlayLine | undefined;
  /** All SCXs that are there. */
  lines(): readonly ScxLine[];
  /** From now on all is told anew. */
  begin(): void;
  /** The ends of those that have not been told of since `begin`. */
  settle(at: number): readonly GoneLine[];
}

/** More than an SCX watches. */
const SCXS_MAX = 1024;

/** Creates an empty picture. */
export function createOverlayPicture(): OverlayPicture {
  const scxs = new Map<string, ScxLine>();
  let unconfirmed = new Set<string>();

  const takeScx = (line: ScxLine): ScxLine | undefined => {
    const known = scxs.get(line.id);
    if (known === undefined && scxs.size >= SCXS_MAX) return undefined;
    unconfirmed.delete(line.id);
    // Told anew from gossip only, it has not lost what it has told itself.
    if (line.sketch === null && known?.sketch) return undefined;
    scxs.set(line.id, line);
    return line;
  };

  return {
    take: (line) => {
      if (line.kind === 'scx') return takeScx(line);
      unconfirmed.delete(line.id);
      return scxs.delete(line.id) ? line : undefined;
    },
    lines: () => [...scxs.values()],
    begin: () => {
      unconfirmed = new Set(scxs.keys());
    },
    settle: (at) => {
      const gone = [...unconfirmed];
      unconfirmed.clear();
      return gone
        .filter((id) => scxs.delete(id))
        .map((id) => ({ kind: 'gone', at, id: id as GoneLine['id'], reason: 'forgotten' }));
    },
  };
}
