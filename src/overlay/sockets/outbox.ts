/** Frames that wait for a handshake. Bounded in number and bytes; what is too much is refused. */
import { OVERLAY_LIMITS } from './limits.js';

export interface Outbox {
  /** False when there is no room. */
  put(frame: Uint8Array): boolean;
  /** Removes and returns all, in order. */
  takeAll(): readonly Uint8Array[];
}

/** Nothing waits. */
export function createOutbox(): Outbox {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  return {
    put: (frame) => {
      if (frames.length >= OVERLAY_LIMITS.waitingMessagesMax) return false;
      if (bytes + frame.length > OVERLAY_LIMITS.waitingBytesMax) return false;
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
