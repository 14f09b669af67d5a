/**
 * Frames that wait for a handshake. Bounded in number and bytes; a frame beyond that is refused.
 */
import { OVERLAY_LIMITS, type OverlayLimits } from './limits.js';

export interface Outbox {
  /** False when there is no room for the frame. */
  put(frame: Uint8Array): boolean;
  /** Removes and returns all frames, in order. */
  takeAll(): readonly Uint8Array[];
}

/** Creates an empty outbox. */
export function createOutbox(limits: OverlayLimits = OVERLAY_LIMITS): Outbox {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  return {
    put: (frame) => {
      if (frames.length >= limits.waitingMessagesMax) return false;
      if (bytes + frame.length > limits.waitingBytesMax) return false;
      frames.push(frame);
      bytes += frame.length;
      return true;
    },
    takeAll: () => {
      const taken = frames;
      frames = [];
      bytes = 0;
      return taken;
    },
  };
}
