/**
 * The body of a source client's request. Most have neither a length nor an end: it is whatever
 * comes until the connection closes. A PUT may be chunked (RFC 9112 §7.1) or tell its length.
 */
import type { RequestHead } from '../../http/server/request-head.js';

/** How far a body is. */
type BodyState = 'open' | 'ended' | 'malformed';

/** Takes the framing off. */
export interface SourceBody {
  /** The sound in these bytes, in order. Nothing more comes out once it is not open any more. */
  push(bytes: Uint8Array): Uint8Array[];
  readonly state: BodyState;
}

/** The longest line about a chunk's length, with its extensions, bytes. Guess. */
const CHUNK_LINE_MAX = 256;
const LINE_FEED = 0x0a;

const endless = (): SourceBody => ({ push: (bytes) => [bytes], state: 'open' });

function ofLength(length: number): SourceBody {
  let left = length;
  return {
    push: (bytes) => {
      const part = bytes.subarray(0, left);
      left -= part.length;
      return part.length === 0 ? [] : [part];
    },
    get state() {
      return left > 0 ? 'open' : 'ended';
    },
  };
}

/** The length of a chunk in the line before it; undefined if there is none. */
function chunkLength(line: string): number | undefined {
  const digits = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function chunked(): SourceBody {
  let state: BodyState = 'open';
  let left = 0;
  let line = '';
  /** The line end behind a chunk is due. */
  let closes = false;

  const onLine = (text: string): void => {
    if (closes) {
      closes = false;
      if (text !== '') state = 'malformed';
      return;
    }
    const length = chunkLength(text);
    if (length === undefined) state = 'malformed';
    else if (length === 0) state = 'ended';
    else left = length;
  };

  /** Takes bytes of a line; says how many. */
  const takeLine = (bytes: Uint8Array): number => {
    const end = bytes.indexOf(LINE_FEED);
    const taken = end === -1 ? bytes.length : end + 1;
    line += Buffer.from(bytes.subarray(0, taken)).toString('latin1');
    if (line.length > CHUNK_LINE_MAX) state = 'malformed';
    if (end === -1 || state !== 'open') return taken;
    onLine(line.replace(/\r?\n$/, ''));
    line = '';
    return taken;
  };

  return {
    push: (bytes) => {
      const parts: Uint8Array[] = [];
      let rest = bytes;
      while (rest.length > 0 && state === 'open') {
        if (left === 0) {
          rest = rest.subarray(takeLine(rest));
          continue;
        }
        const part = rest.subarray(0, left);
        parts.push(part);
        left -= part.length;
        closes = left === 0;
        rest = rest.subarray(part.length);
      }
      return parts;
    },
    get state() {
      return state;
    },
  };
}

/** The body behind a head. What a SOURCE says of a length is nothing that can be relied on. */
export function createSourceBody({ method, headers }: RequestHead): SourceBody {
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return chunked();
  const length = headers.get('content-length');
  if (method !== 'PUT' || length === undefined || !/^\d{1,15}$/.test(length)) return endless();
  return ofLength(Number(length));
}
