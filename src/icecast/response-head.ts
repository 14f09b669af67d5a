/**
 * The beginning of a stream server's answer, brought into the form that HTTP parsers accept: SHOUTcast
 * begins with `ICY 200 OK`, old and home-made servers end lines with LF alone, and some write an empty
 * line first. All bytes behind the head pass unchanged, and so does an answer that is something else.
 *
 * Bounded: HEAD_BYTES_MAX are held back, and no byte of an answer that cannot be a head.
 */
import { createHeadBytes, type HeadBytes } from '../lib/head/head-bytes.js';

const HEAD_BYTES_MAX = 16_384;
const NOTHING = Buffer.alloc(0);

/** Empty lines that may precede a head. Guess. */
const EMPTY_LINES = /^(?:\r?\n){0,4}/;
/** The beginning of a status line, or of a part of it. */
const STATUS_LINE = /^(HTTP\/|ICY )/;
const CANDIDATES = ['HTTP/', 'ICY '];

/** Whether this is the beginning of a head. */
function mayBeHead(text: string): boolean {
  const start = text.replace(EMPTY_LINES, '').replace(/^\r$/, '');
  return STATUS_LINE.test(start) || CANDIDATES.some((word) => word.startsWith(start));
}

/** The head in the strict form; undefined before its end. */
function strictHead(text: string): { readonly head: string; readonly length: number } | undefined {
  const empty = EMPTY_LINES.exec(text)?.[0].length ?? 0;
  const end = /\r?\n\r?\n/.exec(text.slice(empty));
  if (end === null) return undefined;
  const lines = text.slice(empty, empty + end.index).split(/\r?\n/);
  const head = `${lines.join('\r\n')}\r\n\r\n`.replace(/^ICY /, 'HTTP/1.0 ');
  return { head, length: empty + end.index + end[0].length };
}

/** Rewrites the head in a stream of bytes. */
export interface HeadRewriter {
  /** What can be passed on after this chunk. */
  take(chunk: Buffer): Buffer;
  /** The stream has ended: what was held back. */
  rest(): Buffer;
}

/** Creates a rewriter for one answer. */
export function createHeadRewriter(): HeadRewriter {
  /** The first bytes; undefined once they have passed. */
  let held: HeadBytes | undefined = createHeadBytes('empty line', [HEAD_BYTES_MAX + 1]);
  const release = (): Buffer => {
    const bytes = held?.all ?? NOTHING;
    held = undefined;
    return bytes;
  };
  return {
    take: (chunk) => {
      if (held === undefined) return chunk;
      if (!held.add(chunk)) return NOTHING;
      const text = held.all.toString('latin1', 0, HEAD_BYTES_MAX);
      if (!mayBeHead(text)) return release();
      const found = strictHead(text);
      if (found === undefined) return held.all.length > HEAD_BYTES_MAX ? release() : NOTHING;
      const bytes = release();
      return Buffer.concat([Buffer.from(found.head, 'latin1'), bytes.subarray(found.length)]);
    },
    rest: release,
  };
}
