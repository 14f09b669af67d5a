/**
 * Frames that wait for a handshake. Bounded in number and bytes; a frame beyond that is refused. Those that
 * leave before its end are kept until then: if it fails, nobody has taken them.
 */
import { OVERLAY_LIMITS, type OverlayLimits } from './limits.js';

export interface Outbox {
  /** False when there is no room for the frame. */
  put(frame: Uint8Array): boolean;
  /** Returns the frames that it has not returned before, in order, and keeps them. */
  takeEarly(): readonly Uint8Array[];
  /** The handshake has succeeded: removes all frames, and returns those that have not left early. */
  takeRest(): readonly Uint8Array[];
  /** The handshake has failed: removes and returns all frames, in order. */
  takeAll(): readonly Uint8Array[];
}

/** Creates an empty outbox. */
export function createOutbox(limits: OverlayLimits = OVERLAY_LIMITS): Outbox {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  let early = 0;

  const takeAll = (): readonly Uint8Array[] => {
    const taken = frames;
    frames = [];
    bytes = 0;
    early = 0;
    return taken;
  };

  return {
    put: (frame) => {
      if (frames.length >= limits.waitingMessagesMax) return false;
      if (bytes + frame.length > limits.waitingBytesMax) return false;
      frames.push(frame);
      bytes += frame.length;
      return true;
    },
    takeEarly: () => {
      const taken = frames.slice(early);
      early = frames.length;
      return taken;
    },
    takeRest: () => {
      const left = early;
      return takeAll().slice(left);
    },
    takeAll,
  };
}
