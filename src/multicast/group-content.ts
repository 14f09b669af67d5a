/**
 * What our own receivers and their SCX send to a group of the local network. Each datagram is sealed as
 * those between SCXs are (wire/datagram.ts). Its content, big endian:
 *
 *   offset  bytes  field
 *        0      1  kind
 *        1      …  adus:   channel (1 byte), the place of the first ADU (6 bytes), and one lot (wire/lot-codec.ts)
 *                          whose ADUs that are present have this place and the next ones
 *                  state:  receivers of the group (2 bytes), then for each channel its number (1 byte) and
 *                          the place of the next ADU that will be sent (6 bytes)
 *                  ask:    for each range its channel (1 byte), its first place (6 bytes) and its length
 *                          (1 byte): a receiver asks for what it has not got
 *
 * A *place* is the number of an ADU in the order in which the SCX sends those of a channel, whatever their
 * sources are: so a gap is seen by counting, also where one source takes over from another.
 */
import { bad, good, type Result } from '../lib/result.js';
import { decodeFrames } from '../wire/decoder.js';
import type { LotFrame } from '../wire/lot-codec.js';

/** Where something stands in the order of a channel. */
export interface Place {
  readonly channel: number;
  readonly place: number;
}

/** Places one after the other. */
export interface Range extends Place {
  /** 1 to 255. */
  readonly count: number;
}

export type GroupContent =
  | (Place & { readonly kind: 'adus'; readonly lot: LotFrame })
  | { readonly kind: 'state'; readonly receivers: number; readonly ends: readonly Place[] }
  | { readonly kind: 'ask'; readonly ranges: readonly Range[] };

/** The longest datagram that is not cut on an Ethernet, by IPv4 or IPv6, bytes. */
export const GROUP_DATAGRAM_BYTES_MAX = 1452;
/** Ranges of one request. */
export const RANGES_MAX = 32;
export const RANGE_COUNT_MAX = 255;

const KIND = Object.freeze({ adus: 16, state: 17, ask: 18 });
const PLACE_BYTES = 7;
const RANGE_BYTES = PLACE_BYTES + 1;
const STATE_AT = 3;
/** The bytes of `adus` before the lot. */
export const ADUS_HEADER_BYTES = 1 + PLACE_BYTES;
const U32_SPAN = 2 ** 32;
const RECEIVERS_MAX = 0xffff;
const ENDS_MAX = 8;

function writePlace(view: DataView, at: number, { channel, place }: Place): void {
  view.setUint8(at, channel);
  view.setUint16(at + 1, Math.floor(place / U32_SPAN));
  view.setUint32(at + 3, place % U32_SPAN);
}

const readPlace = (view: DataView, at: number): Place => ({
  channel: view.getUint8(at),
  place: view.getUint16(at + 1) * U32_SPAN + view.getUint32(at + 3),
});

const create = (kind: number, bytes: number): DataView => {
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint8(0, kind);
  return view;
};

const bytesOf = ({ buffer }: DataView): Uint8Array => new Uint8Array(buffer);

/** ADUs of one lot; `frame` is that lot with them alone. */
export function encodeAdus(first: Place, frame: Uint8Array): Uint8Array {
  const view = create(KIND.adus, ADUS_HEADER_BYTES + frame.length);
  writePlace(view, 1, first);
  const bytes = bytesOf(view);
  bytes.set(frame, ADUS_HEADER_BYTES);
  return bytes;
}

/** The state of the group. */
export function encodeState(receivers: number, ends: readonly Place[]): Uint8Array {
  const view = create(KIND.state, STATE_AT + PLACE_BYTES * ends.length);
  view.setUint16(1, Math.min(receivers, RECEIVERS_MAX));
  for (const [index, end] of ends.entries()) writePlace(view, STATE_AT + index * PLACE_BYTES, end);
  return bytesOf(view);
}

/** A request for 1 to RANGES_MAX ranges. */
export function encodeAsk(ranges: readonly Range[]): Uint8Array {
  const view = create(KIND.ask, 1 + RANGE_BYTES * ranges.length);
  for (const [index, range] of ranges.entries()) {
    writePlace(view, 1 + index * RANGE_BYTES, range);
    view.setUint8(1 + index * RANGE_BYTES + PLACE_BYTES, range.count);
  }
  return bytesOf(view);
}

/** The number of entries of a list that takes the rest of a content; undefined if it is none. */
function entriesIn(bytes: Uint8Array, from: number, each: number, most: number) {
  const count = (bytes.length - from) / each;
  return Number.isInteger(count) && count >= 1 && count <= most ? count : undefined;
}

function decodeState(bytes: Uint8Array, view: DataView): Result<GroupContent> {
  const count = entriesIn(bytes, STATE_AT, PLACE_BYTES, ENDS_MAX);
  if (count === undefined) return bad('state: wrong length');
  const ends = Array.from({ length: count }, (_, index) =>
    readPlace(view, STATE_AT + index * PLACE_BYTES),
  );
  return good({ kind: 'state', receivers: view.getUint16(1), ends });
}

function decodeAsk(bytes: Uint8Array, view: DataView): Result<GroupContent> {
  const count = entriesIn(bytes, 1, RANGE_BYTES, RANGES_MAX);
  if (count === undefined) return bad('ask: wrong length');
  const ranges = Array.from({ length: count }, (_, index) => {
    const at = 1 + index * RANGE_BYTES;
    return { ...readPlace(view, at), count: view.getUint8(at + PLACE_BYTES) };
  });
  return ranges.every((range) => range.count > 0)
    ? good({ kind: 'ask', ranges })
    : bad('ask: an empty range');
}

function decodeAdus(bytes: Uint8Array, view: DataView): Result<GroupContent> {
  if (bytes.length < ADUS_HEADER_BYTES) return bad('adus: too short');
  const [event, ...others] = decodeFrames(bytes.subarray(ADUS_HEADER_BYTES));
  if (event?.kind !== 'lot' || others.length > 0) return bad('adus: not one lot');
  const place = readPlace(view, 1);
  if (event.lot.channel !== place.channel) return bad('adus: a lot of another channel');
  return good({ kind: 'adus', ...place, lot: event });
}

/** The content of a datagram. Problems: an unknown kind, a wrong length, no lot. */
export function decodeGroupContent(bytes: Uint8Array): Result<GroupContent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] === KIND.adus) return decodeAdus(bytes, view);
  if (bytes[0] === KIND.state) return decodeState(bytes, view);
  return bytes[0] === KIND.ask ? decodeAsk(bytes, view) : bad('an unknown kind');
}
