/**
 * The body of an encoder's request. Most bodies have neither a length nor an end: they are what comes
 * until the connection ends. A PUT may be chunked (RFC 9112 §7.1) or state its length.
 */

/** The parts of a request head that tell how its body is framed; names in lower case. */
export interface BodyHead {
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

type BodyState = 'open' | 'ended' | 'malformed';

/** A body whose framing is removed as it comes. */
export interface SourceBody {
  /** The audio in these bytes, in order; none once the body is no longer open. */
  push(bytes: Uint8Array): Uint8Array[];
  readonly state: BodyState;
}

/** The longest line with a chunk's length and its extensions, bytes. Guess. */
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

/** The length in the line before a chunk; undefined if the line is malformed. */
function chunkLength(line: string): number | undefined {
  const digits = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function chunked(): SourceBody {
  let state: BodyState = 'open';
  let left = 0;
  let line = '';
  /** The line end behind a chunk is expected. */
  let expectsLineEnd = false;

  const onLine = (text: string): void => {
    if (expectsLineEnd) {
      expectsLineEnd = false;
      if (text !== '') state = 'malformed';
      return;
    }
    const length = chunkLength(text);
    if (length === undefined) state = 'malformed';
    else if (length === 0) state = 'ended';
    else left = length;
  };

  /** Takes bytes of a line; returns how many. */
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
        expectsLineEnd = left === 0;
        rest = rest.subarray(part.length);
      }
      return parts;
    },
    get state() {
      return state;
    },
  };
}

/**
 * Creates the body behind a head. A length in a SOURCE request is ignored: encoders send wrong
 * ones.
 */
export function createSourceBody({ method, headers }: BodyHead): SourceBody {
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return chunked();
  const length = headers.get('content-length');
  if (method !== 'PUT' || length === undefined || !/^\d{1,15}$/.test(length)) return endless();
  return ofLength(Number(length));
}
