/** Messages to frames. What the frames look like: frame.ts; what their bodies hold: the schemas. */
import type { DataMessage, Message } from '../gossamer/message.js';
import type { ClientMessage } from './client-message.js';
import { createFrame, FRAME, FRAME_HEADER_BYTES, type FrameType } from './frame.js';
import type { Hello } from './hello.js';
import { BOUNDS, WIRE_LIMITS } from './limits.js';

export { encodeAdu } from './adu-codec.js';

const utf8 = new TextEncoder();

function encodeJson(type: FrameType, body: unknown): Uint8Array {
  const bytes = utf8.encode(JSON.stringify(body));
  const frame = createFrame(type, bytes.length);
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

export const encodeHello = (hello: Hello): Uint8Array => encodeJson(FRAME.hello, hello);

/**
 * A control message; undefined when it is longer than a frame may be. That takes a routing table
 * at all of its limits at once: 64 source SCXs with 16 sources each, or paths of 50 hops.
 */
export function encodeMessage(message: Message): Uint8Array | undefined {
  const frame = encodeJson(FRAME.control, message);
  return frame.length - FRAME_HEADER_BYTES > WIRE_LIMITS.jsonBytesMax ? undefined : frame;
}

const cutListeners = (listeners: number): number => Math.min(listeners, BOUNDS.listenersMax);

/** A data message; the sums of listeners that children report are cut to what the wire takes. */
export function encodeDataMessage(message: DataMessage): Uint8Array {
  if (message.kind !== 'audience') return encodeJson(FRAME.data, message);
  return encodeJson(FRAME.data, { ...message, listeners: cutListeners(message.listeners) });
}

/** A client message; sums of listeners are cut likewise. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  if (message.kind !== 'alive') return encodeJson(FRAME.client, message);
  const listeners = cutListeners(message.listeners);
  const scxListeners = cutListeners(message.scxListeners);
  return encodeJson(FRAME.client, { ...message, listeners, scxListeners });
}

/** The last frame of its sender: why it refuses the connection, or ends it. */
export const encodeRefusal = (reason: string): Uint8Array =>
  encodeJson(FRAME.refusal, { reason: reason.slice(0, BOUNDS.reasonLengthMax) });
