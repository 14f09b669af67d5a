/**
 * Bytes to messages. Everything that arrives is untrusted: whatever the bytes are, the decoder does
 * not throw, holds at most one frame, and names what is malformed. After the first malformed frame,
 * or a REFUSAL, the rest of the stream has no meaning, and the decoder returns nothing more.
 *
 * Reasons name the field and the rule that it breaks, never its content: they go into logs.
 */
import { z } from 'zod';
import type { DataMessage, Message } from '../gossamer/core/message.js';
import type { Sketch } from '../gossamer/sketch.js';
import type { Result } from '../lib/result.js';
import { type ClientMessage, clientMessageSchema } from './client-message.js';
import { decodeWith } from './codec.js';
import { FRAME, FRAME_HEADER_BYTES } from './frame.js';
import { createFrameSplitter } from './frame-splitter.js';
import { type Hello, helloSchema, versionOf, WIRE_VERSION } from './hello.js';
import { BOUNDS, WIRE_LIMITS, type WireLimits } from './limits.js';
import { decodeLot, type LotFrame, lotBytesMax } from './lot-codec.js';
import {
  dataMessageCodec,
  messageCodec,
  type SignedMessage,
  signedCodec,
} from './message-codec.js';
import { sketchSchema } from './node-schema.js';

/**
 * What was malformed: a frame's type, its length, or its order (`turn`: HELLO comes first, and
 * once); its JSON, its shape, its lot; or the protocol version.
 */
export type Fault = 'type' | 'length' | 'turn' | 'json' | 'shape' | 'lot' | 'version';

export interface Malformed {
  readonly kind: 'malformed';
  readonly fault: Fault;
  /** One line, at most 256 characters. */
  readonly reason: string;
}

export type WireEvent =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'message'; readonly message: Message }
  /** The signature has not been verified. */
  | ({ readonly kind: 'signed' } & SignedMessage)
  | { readonly kind: 'data'; readonly message: DataMessage }
  | ({ readonly kind: 'lot' } & LotFrame)
  | { readonly kind: 'client'; readonly message: ClientMessage }
  | { readonly kind: 'sketch'; readonly sketch: Sketch }
  /** The peer's last frame: why it refuses or ends the connection. */
  | { readonly kind: 'refusal'; readonly reason: string; readonly isFinal?: boolean | undefined }
  | Malformed;

export interface Decoder {
  /** Takes the next bytes of the stream, which must not change afterwards. */
  push(chunk: Uint8Array): WireEvent[];
}

const refusalSchema = z.strictObject({
  reason: z.string().max(BOUNDS.reasonLengthMax),
  isFinal: z.boolean().optional(),
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

const malformed = (fault: Fault, reason: string): Malformed => ({
  kind: 'malformed',
  fault,
  reason: reason.slice(0, BOUNDS.reasonLengthMax),
});

/** The JSON value in a frame; undefined, which is not a JSON value, when there is none. */
function parseJson(frame: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(frame.subarray(FRAME_HEADER_BYTES)));
  } catch {
    return undefined;
  }
}

function checkShape<T>(
  what: string,
  schema: z.ZodType<T>,
  body: unknown,
  wrap: (value: T) => WireEvent,
): WireEvent {
  const found = schema.safeParse(body);
  if (found.success) return wrap(found.data);
  const issue = found.error.issues[0];
  const field = [what, ...(issue?.path ?? [])].join('.');
  return malformed('shape', `${field}: ${issue?.code ?? 'invalid'}`);
}

function decodeHello(body: unknown): WireEvent {
  const version = versionOf(body);
  if (version !== WIRE_VERSION) {
    return malformed(
      'version',
      `protocol version ${version} is not supported: this is version ${WIRE_VERSION}`,
    );
  }
  return checkShape('hello', helloSchema, body, (hello) => ({ kind: 'hello', hello }));
}

function decodeJson(type: number, frame: Uint8Array): WireEvent {
  const body = parseJson(frame);
  if (body === undefined) return malformed('json', `a frame of type ${type} does not contain JSON`);
  switch (type) {
    case FRAME.hello:
      return decodeHello(body);
    case FRAME.client:
      return checkShape('client', clientMessageSchema, body, (message) => ({
        kind: 'client',
        message,
      }));
    case FRAME.sketch:
      return checkShape('sketch', sketchSchema, body, (sketch) => ({ kind: 'sketch', sketch }));
    default:
      return checkShape('refusal', refusalSchema, body, (refusal) => ({
        kind: 'refusal',
        ...refusal,
      }));
  }
}

function wrap<T>(fault: Fault, found: Result<T>, become: (value: T) => WireEvent): WireEvent {
  if (found.ok) return become(found.value);
  return malformed(fault, found.problems[0] ?? 'invalid');
}

function decodeFrame(type: number, frame: Uint8Array): WireEvent {
  switch (type) {
    case FRAME.lot:
      return wrap('lot', decodeLot(frame), (lot) => ({ kind: 'lot', ...lot }));
    case FRAME.control:
      return wrap('shape', decodeWith(messageCodec, 'message', frame), (message) => ({
        kind: 'message',
        message,
      }));
    case FRAME.signed:
      return wrap('shape', decodeWith(signedCodec, 'message', frame), (signed) => ({
        kind: 'signed',
        ...signed,
      }));
    case FRAME.data:
      return wrap('shape', decodeWith(dataMessageCodec, 'data', frame), (message) => ({
        kind: 'data',
        message,
      }));
    default:
      return decodeJson(type, frame);
  }
}

const boundOf =
  (limits: WireLimits) =>
  (type: number): number | undefined => {
    switch (type) {
      case FRAME.hello:
      case FRAME.client:
      case FRAME.refusal:
      case FRAME.sketch:
        return limits.jsonBytesMax;
      case FRAME.lot:
        return lotBytesMax(limits.payloadBytesMax);
      case FRAME.control:
        return messageCodec.bytesMax;
      case FRAME.signed:
        return signedCodec.bytesMax;
      case FRAME.data:
        return dataMessageCodec.bytesMax;
      default:
        return undefined;
    }
  };

/** Whether a datagram may contain it: a lost one is sent again, or is no longer needed. */
const isForDatagrams = (type: number): boolean => type === FRAME.lot || type === FRAME.data;

/** The frames of a datagram: lots and data messages, up to the first malformed one. */
export function decodeFrames(bytes: Uint8Array): WireEvent[] {
  const events: WireEvent[] = [];
  const split = createFrameSplitter((type, bodyBytes) => {
    const fits = isForDatagrams(type) && bodyBytes >= 0 && bodyBytes <= bytes.length;
    return fits ? undefined : malformed('type', `a frame of type ${type} in a datagram`);
  });
  let taken = 0;
  for (const found of split(bytes)) {
    if (found.kind === 'objection') return [...events, found.objection];
    events.push(decodeFrame(found.type, found.bytes));
    taken += found.bytes.length;
    if (events.at(-1)?.kind === 'malformed') return events;
  }
  if (taken < bytes.length) events.push(malformed('length', 'a datagram ends within a frame'));
  return events;
}

/** Creates a decoder for one direction of one connection. */
export function createDecoder(limits: WireLimits = WIRE_LIMITS): Decoder {
  let state: 'new' | 'greeted' | 'over' = 'new';
  const bound = boundOf(limits);

  const object = (type: number, bodyBytes: number): Malformed | undefined => {
    const most = bound(type);
    if (most === undefined) return malformed('type', `frame type ${type} does not exist`);
    if (type !== FRAME.refusal && (type === FRAME.hello) !== (state === 'new')) {
      return malformed('turn', state === 'new' ? 'the first frame is not HELLO' : 'a second HELLO');
    }
    if (bodyBytes >= 0 && bodyBytes <= most) return undefined;
    return malformed('length', `a frame of type ${type} has ${bodyBytes} bytes, not 0 to ${most}`);
  };
  const split = createFrameSplitter(object);

  return {
    push: (chunk) => {
      const events: WireEvent[] = [];
      if (state === 'over') return events;
      for (const found of split(chunk)) {
        const event =
          found.kind === 'objection' ? found.objection : decodeFrame(found.type, found.bytes);
        events.push(event);
        state = event.kind === 'malformed' || event.kind === 'refusal' ? 'over' : 'greeted';
        if (state === 'over') break;
      }
      return events;
    },
  };
}
