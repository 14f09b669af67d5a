/**
 * Datagrams, which accompany a data connection whose channel is announced as UDP. Big endian:
 *
 *   offset  bytes  field
 *        0      8  token: drawn at random by the child for its connection, and sent in its HELLO
 *        8      6  number of the datagram, from 0, for each direction
 *       14      …  content, encrypted with keys of the data connection (overlay/tls/seal.ts)
 *        …     16  proof that it is theirs, also of the first 14 bytes
 *
 * The content:
 *
 *   offset  bytes  field
 *        0      1  kind
 *        1      …  beat:   how many ADUs the child has received over TCP (4 bytes), whether
 *                          datagrams of the parent arrive (1 byte), and the proof of the last echo
 *                          (4 bytes; 0 before the first one)
 *                  echo:   the parent's answer to a beat: zeros (5 bytes), then the proof that
 *                          belongs to the address where the beat came from (4 bytes)
 *                  frames: whole frames (frame.ts), as on a connection
 *
 * Only the child could forge the source address of its beats, to direct its parent's datagrams to
 * another host. So only an address that has returned its proof is sent more than an echo, and an
 * echo is as long as a beat.
 */
import { bad, good, type Result } from '../lib/result.js';
import { isId, readId, writeId } from './id-codec.js';

/** 16 lower-case hexadecimal digits. */
export type DatagramToken = string & { readonly brand: 'DatagramToken' };

/** Whether a value is a token. */
export const isToken = isId;

/** The longest datagram, bytes: it passes every path that carries IPv6, including tunnels. */
export const DATAGRAM_BYTES_MAX = 1232;

const TOKEN_BYTES = 8;
/** Token and number. */
export const DATAGRAM_HEADER_BYTES = 14;
/** What proves the rest. */
export const DATAGRAM_PROOF_BYTES = 16;
const KIND_BYTES = 1;

/** The frames that one datagram can hold, bytes. */
export const FRAMES_BYTES_MAX =
  DATAGRAM_BYTES_MAX - DATAGRAM_HEADER_BYTES - DATAGRAM_PROOF_BYTES - KIND_BYTES;

/** The length of the contents of beats and of echoes, bytes. */
const BEAT_BYTES = KIND_BYTES + 9;
const PROOF_AT = KIND_BYTES + 5;
const KIND = Object.freeze({ beat: 0, echo: 1, frames: 2 });
const U32_SPAN = 2 ** 32;

/** The part of a datagram that anybody can read. */
export interface DatagramHeader {
  readonly token: DatagramToken;
  /** 48 bits. */
  readonly number: number;
}

/** What a child tells with a beat. */
export interface Beat {
  readonly adusByTcp: number;
  readonly isHeard: boolean;
  /** 32 bits. */
  readonly proof: number;
}

/** The content of a datagram. */
export type Datagram =
  | ({ readonly kind: 'beat' } & Beat)
  | { readonly kind: 'echo'; readonly proof: number }
  | { readonly kind: 'frames'; readonly frames: Uint8Array };

/** The header of a datagram. */
export function encodeHeader({ token, number }: DatagramHeader): Uint8Array {
  const header = new Uint8Array(DATAGRAM_HEADER_BYTES);
  const view = new DataView(header.buffer);
  writeId(view, 0, token);
  view.setUint16(TOKEN_BYTES, Math.floor(number / U32_SPAN));
  view.setUint32(TOKEN_BYTES + 2, number % U32_SPAN);
  return header;
}

/** The header of a datagram; undefined if it is too short to be one. */
export function decodeHeader(bytes: Uint8Array): DatagramHeader | undefined {
  if (bytes.length < DATAGRAM_HEADER_BYTES + DATAGRAM_PROOF_BYTES + KIND_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const token = readId(view, 0) as DatagramToken;
  const number = view.getUint16(TOKEN_BYTES) * U32_SPAN + view.getUint32(TOKEN_BYTES + 2);
  return { token, number };
}

function createContent(kind: number, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  content[0] = kind;
  return content;
}

/** The content of a beat of the child. `adusByTcp` counts modulo 2^32. */
export function encodeBeat({ adusByTcp, isHeard, proof }: Beat): Uint8Array {
  const content = createContent(KIND.beat, BEAT_BYTES);
  const view = new DataView(content.buffer);
  view.setUint32(KIND_BYTES, adusByTcp % U32_SPAN);
  view.setUint8(KIND_BYTES + 4, isHeard ? 1 : 0);
  view.setUint32(PROOF_AT, proof);
  return content;
}

/** The content of the parent's answer to a beat. */
export function encodeEcho(proof: number): Uint8Array {
  const content = createContent(KIND.echo, BEAT_BYTES);
  new DataView(content.buffer).setUint32(PROOF_AT, proof);
  return content;
}

/** Whole frames as one content; together they must fit into FRAMES_BYTES_MAX. */
export function encodeFrames(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = frames.reduce((sum, frame) => sum + frame.length, KIND_BYTES);
  const content = createContent(KIND.frames, bytes);
  let at = KIND_BYTES;
  for (const frame of frames) {
    content.set(frame, at);
    at += frame.length;
  }
  return content;
}

/** The content of a datagram. Problems: a wrong length, or an unknown kind. */
export function decodeContent(bytes: Uint8Array): Result<Datagram> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (bytes[0]) {
    case KIND.beat: {
      if (bytes.length !== BEAT_BYTES) return bad('beat: wrong length');
      const isHeard = view.getUint8(KIND_BYTES + 4) !== 0;
      const adusByTcp = view.getUint32(KIND_BYTES);
      return good({ kind: 'beat', adusByTcp, isHeard, proof: view.getUint32(PROOF_AT) });
    }
    case KIND.echo:
      if (bytes.length !== BEAT_BYTES) return bad('echo: wrong length');
      return good({ kind: 'echo', proof: view.getUint32(PROOF_AT) });
    case KIND.frames:
      return good({ kind: 'frames', frames: bytes.subarray(KIND_BYTES) });
    default:
      return bad(`datagram: unknown kind ${bytes[0]}`);
  }
}
