/**
 * Datagrams, which accompany a data connection whose channel is announced as UDP. Big endian:
 *
 *   offset  bytes  field
 *        0      8  token: drawn at random by the child for its connection, and sent in its HELLO
 *        8      1  kind
 *        9      …  beat:   how many ADUs the child has received over TCP (4 bytes), whether
 *                          datagrams of the parent arrive (1 byte), and the proof of the last echo
 *                          (4 bytes; 0 before the first one)
 *                  echo:   the parent's answer to a beat: zeros (5 bytes), then the proof that
 *                          belongs to the address where the beat came from (4 bytes)
 *                  frames: whole frames (frame.ts), as on a connection
 *
 * An attacker who is not on the path does not know the token, so it cannot send datagrams that we
 * would accept. A child knows it, and could forge the source address of its beats to direct its
 * parent's datagrams to another host. So only an address that has returned its proof is sent more
 * than an echo, and an echo is as long as a beat.
 */
import { bad, good, type Result } from '../lib/result.js';
import { isId, readId, writeId } from './id-codec.js';

/** 16 lower-case hexadecimal digits. */
export type DatagramToken = string & { readonly brand: 'DatagramToken' };

/** Whether a value is a token. */
export const isToken = isId;

/** The longest datagram, bytes: it passes every path that carries IPv6, including tunnels. */
export const DATAGRAM_BYTES_MAX = 1232;

export const DATAGRAM_HEADER_BYTES = 9;
/** The length of beats and of echoes, bytes. */
const BEAT_BYTES = DATAGRAM_HEADER_BYTES + 9;
const PROOF_AT = DATAGRAM_HEADER_BYTES + 5;
const KIND = Object.freeze({ beat: 0, echo: 1, frames: 2 });

/** What a child tells with a beat. */
export interface Beat {
  readonly adusByTcp: number;
  readonly isHeard: boolean;
  /** 32 bits. */
  readonly proof: number;
}

export type Datagram =
  | ({ readonly kind: 'beat' } & Beat)
  | { readonly kind: 'echo'; readonly proof: number }
  | { readonly kind: 'frames'; readonly frames: Uint8Array };

function createDatagram(token: DatagramToken, kind: number, bytes: number): Uint8Array {
  const datagram = new Uint8Array(bytes);
  const view = new DataView(datagram.buffer);
  writeId(view, 0, token);
  view.setUint8(8, kind);
  return datagram;
}

/** A beat of the child. `adusByTcp` counts modulo 2^32. */
export function encodeBeat(token: DatagramToken, { adusByTcp, isHeard, proof }: Beat): Uint8Array {
  const datagram = createDatagram(token, KIND.beat, BEAT_BYTES);
  const view = new DataView(datagram.buffer);
  view.setUint32(DATAGRAM_HEADER_BYTES, adusByTcp % 2 ** 32);
  view.setUint8(DATAGRAM_HEADER_BYTES + 4, isHeard ? 1 : 0);
  view.setUint32(PROOF_AT, proof);
  return datagram;
}

/** The parent's answer to a beat. */
export function encodeEcho(token: DatagramToken, proof: number): Uint8Array {
  const datagram = createDatagram(token, KIND.echo, BEAT_BYTES);
  new DataView(datagram.buffer).setUint32(PROOF_AT, proof);
  return datagram;
}

/** Whole frames in one datagram; together they must fit into DATAGRAM_BYTES_MAX. */
export function encodeFrames(token: DatagramToken, frames: readonly Uint8Array[]): Uint8Array {
  const bytes = frames.reduce((sum, frame) => sum + frame.length, DATAGRAM_HEADER_BYTES);
  const datagram = createDatagram(token, KIND.frames, bytes);
  let at = DATAGRAM_HEADER_BYTES;
  for (const frame of frames) {
    datagram.set(frame, at);
    at += frame.length;
  }
  return datagram;
}

/** The token of a datagram; undefined if it is too short for one. */
export function tokenOf(bytes: Uint8Array): DatagramToken | undefined {
  if (bytes.length < DATAGRAM_HEADER_BYTES) return undefined;
  return readId(new DataView(bytes.buffer, bytes.byteOffset), 0) as DatagramToken;
}

/** The content of a datagram that has a token. Problems: a wrong length, or an unknown kind. */
export function decodeDatagram(bytes: Uint8Array): Result<Datagram> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (view.getUint8(8)) {
    case KIND.beat: {
      if (bytes.length !== BEAT_BYTES) return bad('beat: wrong length');
      const isHeard = view.getUint8(DATAGRAM_HEADER_BYTES + 4) !== 0;
      const adusByTcp = view.getUint32(DATAGRAM_HEADER_BYTES);
      return good({ kind: 'beat', adusByTcp, isHeard, proof: view.getUint32(PROOF_AT) });
    }
    case KIND.echo:
      if (bytes.length !== BEAT_BYTES) return bad('echo: wrong length');
      return good({ kind: 'echo', proof: view.getUint32(PROOF_AT) });
    case KIND.frames:
      return good({ kind: 'frames', frames: bytes.subarray(DATAGRAM_HEADER_BYTES) });
    default:
      return bad(`datagram: unknown kind ${view.getUint8(8)}`);
  }
}
