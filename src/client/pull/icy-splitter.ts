/**
 * Our adapter of icecast-parser, which knows where in an ICY stream the titles stand.
 *
 * Its `Parser` requests a URL by itself, and that part does not serve us: it follows no redirect,
 * ignores the status code, cannot be stopped, and does not notice that an upstream was reset. So
 * icy-stream.ts makes the request, and a Parser that requests nothing is given the response. The
 * library splits it: its stream (event `stream`) gives the audio.
 *
 * Two more traps, and what we do about them:
 * - It decodes every title as UTF-8 and cuts it at `';`. So we read the block of metadata itself,
 *   through the hook `onMetaData` of its stream, and parse it with parseStreamTitle.
 * - It calls itself for each block in a chunk, so `icy-metaint: 1` exhausts the stack.
 *   METAINT_BYTES_MIN keeps far from that: a socket gives at most 64 KiB at once, and with this
 *   interval 512 KiB pass (measured).
 */
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { Parser, type ParserEvents } from 'icecast-parser';
import { parseStreamTitle } from '../../icecast/stream-title.js';
import { assert } from '../../lib/assert.js';
import { createLatch } from '../../runtime/latch.js';

/** What servers may set; the usual values are 8192 and 16000. */
const METAINT_BYTES_MIN = 256;
const METAINT_BYTES_MAX = 65_536;

/** The value of the header `icy-metaint`, in bytes; undefined if it makes no sense. */
export function parseMetaint(header: string): number | undefined {
  const bytes = /^\d{1,6}$/.test(header.trim()) ? Number(header) : 0;
  return bytes >= METAINT_BYTES_MIN && bytes <= METAINT_BYTES_MAX ? bytes : undefined;
}

/** The library's stream: a response goes in, audio comes out. */
type AudioReader = Parameters<ParserEvents['stream']>[0];

/** The library's parser, without requests of its own. */
class ResponseParser extends Parser {
  constructor() {
    // It must neither hang up at the first title nor plan another request.
    super({ keepListen: true, autoUpdate: false });
  }

  protected override queueRequest(): void {}

  /** The audio of a response, which has a valid `icy-metaint`. */
  audioOf(response: IncomingMessage): AudioReader {
    let reader: AudioReader | undefined;
    this.once('stream', (stream) => {
      reader = stream;
    });
    this.onRequestResponse(response);
    assert(reader !== undefined, 'icecast-parser gives no stream');
    return reader;
  }
}

/** Shows each block of metadata before the library takes it; the hook is protected there. */
function watchBlocks(reader: AudioReader, onBlock: (block: Buffer) => void): void {
  const hook: unknown = Reflect.get(reader, 'onMetaData');
  assert(typeof hook === 'function', 'icecast-parser has no onMetaData');
  Reflect.set(reader, 'onMetaData', (block: Buffer): void => {
    onBlock(block);
    Reflect.apply(hook, reader, [block]);
  });
}

/** A title, and how many bytes of audio come before it. */
interface PlacedTitle {
  readonly title: string;
  readonly audioBytes: number;
}

/**
 * The audio and the titles of a response, in their order; its `icy-metaint` must be valid
 * (parseMetaint). Throws the response's error; ends with the response. It reads no faster than it
 * is asked to.
 */
export async function* splitIcy(
  response: IncomingMessage,
): AsyncGenerator<Uint8Array | string, void> {
  /** Titles ahead of what was read: at most those of the few chunks that the streams buffer. */
  const titles: PlacedTitle[] = [];
  let audioBytes = 0;
  const reader = new ResponseParser().audioOf(response);
  watchBlocks(reader, (block) => {
    const title = parseStreamTitle(block);
    if (title !== undefined) titles.push({ title, audioBytes: audioBytes + reader.readableLength });
  });
  let changed = createLatch();
  for (const event of ['readable', 'close', 'error']) reader.on(event, () => changed.resolve());
  // The library's stream does not end by itself when the response breaks off.
  finished(response, (error) => void (error && reader.destroy(error)));

  while (!reader.closed) {
    changed = createLatch();
    const audio: Buffer | null = reader.read();
    // Counted at once: while the audio is passed on, more is split.
    const start = audioBytes;
    audioBytes += audio?.length ?? 0;
    yield* interleave(audio ?? Buffer.alloc(0), start, titles);
    if (audio === null) await changed.promise;
  }
  if (reader.errored) throw reader.errored;
}

/** Audio, with the titles that stand in it or right behind it; these are taken out of `titles`. */
function* interleave(
  audio: Uint8Array,
  start: number,
  titles: PlacedTitle[],
): Generator<Uint8Array | string> {
  const end = start + audio.length;
  let from = start;
  for (let next = titles[0]; next && next.audioBytes <= end; next = titles[0]) {
    titles.shift();
    if (next.audioBytes > from) yield audio.subarray(from - start, next.audioBytes - start);
    from = next.audioBytes;
    yield next.title;
  }
  if (end > from) yield audio.subarray(from - start);
}
