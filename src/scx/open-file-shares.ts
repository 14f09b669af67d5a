/**
 * Divides what an SCX process may open: listeners get what is left when the overlay and the
 * connections that are being answered have theirs. So the port answers 503 before the system would
 * refuse connections in silence, and the front end, which is told the number of listeners that fit,
 * starts another SCX for the rest.
 */
import { OVERLAY_LIMITS, type OverlayLimits } from '../overlay/sockets/limits.js';

/** The shares of one process. All numbers are of connections. */
export interface OpenFileShares {
  /** Listeners at most. */
  readonly listenersMax: number;
  /** Connections to the HTTP port besides those of listeners: at the head gate, or being answered. */
  readonly spare: number;
  readonly overlay: OverlayLimits;
}

/** What Node itself, logs and the ports need, with room to spare. Measured: 25 at the start. */
const BASE = 48;
/** The overlay's share, base included: what it needs at most, and what a small mesh needs. */
const OVERLAY = { most: 4096 + BASE, least: 128 } as const;
/** Guesses: more than come at once to a large SCX, and to one that has just been started. */
const SPARE = { most: 8192, least: 64 } as const;

const least = (limit: number, share: number): number => Math.max(1, Math.min(limit, share));

/** The overlay's limits for this number of connections. */
function overlayWithin(connections: number): OverlayLimits {
  const { pendingMax, inboundMax, outboundControlMax, watchedMax, outboundDataMax } =
    OVERLAY_LIMITS;
  const eighth = Math.floor(connections / 8);
  return {
    ...OVERLAY_LIMITS,
    pendingMax: least(pendingMax, eighth),
    inboundMax: least(inboundMax, 3 * eighth),
    outboundControlMax: least(outboundControlMax, eighth),
    watchedMax: least(watchedMax, eighth),
    outboundDataMax: least(outboundDataMax, 2 * eighth),
  };
}

/** The shares of a process that may open `filesMax` files and sockets. */
export function shareOpenFiles(filesMax: number): OpenFileShares {
  const forOverlay = Math.max(OVERLAY.least, Math.min(OVERLAY.most, Math.floor(filesMax / 4)));
  const spare = Math.max(SPARE.least, Math.min(SPARE.most, Math.floor(filesMax / 8)));
  return {
    listenersMax: Math.max(1, filesMax - forOverlay - spare),
    spare,
    overlay: overlayWithin(forOverlay - BASE),
  };
}
