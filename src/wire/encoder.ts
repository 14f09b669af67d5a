/**
 * Messages to frames. The layout of a frame is in frame.ts; the bodies are laid out by codecs
 * (lots of ADUs, control and data messages) or are JSON (HELLO, client messages, REFUSAL).
 */
import type { DataMessage, Message } from '../gossamer/core/message.js';
import type { Sketch } from '../gossamer/sketch.js';
import type { ClientMessage } from './client-message.js';
import { encodeWith } from './codec.js';
import { createFrame, FRAME, FRAME_HEADER_BYTES, type FrameType } from './frame.js';
import type { Hello } from './hello.js';
import { BOUNDS } from './limits.js';
import {
  dataMessageCodec,
  messageCodec,
  type SignedMessage,
  signedCodec,
} from './message-codec.js';

export { encodeLot } from './lot-codec.js';

const utf8 = new TextEncoder();

function encodeJson(type: FrameType, body: unknown): Uint8Array {
  const bytes = utf8.encode(JSON.stringify(body));
  const frame = createFrame(type, bytes.length);
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

/** The first frame of either side. */
export const encodeHello = (hello: Hello): Uint8Array => encodeJson(FRAME.hello, hello);

/** The frame of a control message. */
export const encodeMessage = (message: Message): Uint8Array =>
  encodeWith(messageCodec, message, FRAME.control);

/** The frame of a message that its subject has signed. */
export const encodeSigned = (signed: SignedMessage): Uint8Array =>
  encodeWith(signedCodec, signed, FRAME.signed);

/** The frame of a data message. */
export const encodeDataMessage = (message: DataMessage): Uint8Array =>
  encodeWith(dataMessageCodec, message, FRAME.data);

/** The length of a control message's frame, bytes, without building it. */
export const messageBytes = (message: Message): number =>
  FRAME_HEADER_BYTES + messageCodec.bytesOf(message);

/** The length of a data message's frame, bytes, without building it. */
export const dataMessageBytes = (message: DataMessage): number =>
  FRAME_HEADER_BYTES + dataMessageCodec.bytesOf(message);

/** The frame of a sketch. */
export const encodeSketch = (sketch: Sketch): Uint8Array => encodeJson(FRAME.sketch, sketch);

const cutListeners = (listeners: number): number => Math.min(listeners, BOUNDS.listenersMax);

/** The frame of a client message; sums of listeners are cut to the wire's bound. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  if (message.kind !== 'alive') return encodeJson(FRAME.client, message);
  const listeners = cutListeners(message.listeners);
  const scxListeners = cutListeners(message.scxListeners);
  return encodeJson(FRAME.client, { ...message, listeners, scxListeners });
}

/**
 * The last frame of its sender: why it refuses the connection, or ends it. `isFinal`: the same
 * attempt would be refused again.
 */
export const encodeRefusal = (reason: string, isFinal = false): Uint8Array =>
  encodeJson(FRAME.refusal, {
    reason: reason.slice(0, BOUNDS.reasonLengthMax),
    ...(isFinal ? { isFinal } : {}),
  });
