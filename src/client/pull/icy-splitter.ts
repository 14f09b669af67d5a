/**
 * Our adapter of icecast-parser, which knows where in an ICY stream the titles stand. Of it we use
 * the splitter alone: its `Parser` neither follows redirects, nor looks at status codes, nor stops,
 * nor notices that an upstream was reset, and its titles are cut at `';` and are all taken for
 * UTF-8. The splitter calls itself for each block of a chunk, so `icy-metaint: 1` would exhaust the
 * stack: METAINT_BYTES_MIN is far from that, and chunks are passed in slices.
 */
import { StreamReader } from 'icecast-parser/dist/StreamReader.js';
import { parseStreamTitle } from '../../icecast/stream-title.js';

/** What servers may set; the usual values are 8192 and 16000. */
const METAINT_BYTES_MIN = 256;
const METAINT_BYTES_MAX = 65_536;

/** Guess: a few blocks at most. */
const SLICE_BYTES = 4096;

/** Bytes of audio, and titles, in their order. */
export type IcySplitter = (chunk: Uint8Array) => readonly (Uint8Array | string)[];

/** The value of the header `icy-metaint`, in bytes; undefined if nobody can mean it. */
export function parseMetaint(header: string): number | undefined {
  const bytes = /^\d{1,6}$/.test(header.trim()) ? Number(header) : 0;
  return bytes >= METAINT_BYTES_MIN && bytes <= METAINT_BYTES_MAX ? bytes : undefined;
}

/** The library's stream, used without its queues: what it finds goes to `found` at once. */
class Splitter extends StreamReader {
  readonly found: (Uint8Array | string)[] = [];

  override push(audio: Uint8Array | null): boolean {
    if (audio !== null && audio.length > 0) this.found.push(audio);
    return true;
  }

  protected override onMetaData(block: Buffer): void {
    const title = parseStreamTitle(block);
    if (title !== undefined) this.found.push(title);
    super.onMetaData(block);
  }
}

/** A splitter of one stream with a block behind each `metaintBytes` of audio. */
export function createIcySplitter(metaintBytes: number): IcySplitter {
  const splitter = new Splitter(metaintBytes);
  const write = (slice: Uint8Array): void =>
    splitter._transform(Buffer.from(slice), 'buffer', () => undefined);
  return (chunk) => {
    for (let offset = 0; offset < chunk.length; offset += SLICE_BYTES) {
      write(chunk.subarray(offset, offset + SLICE_BYTES));
    }
    return splitter.found.splice(0);
  };
}
