/**
 * The sound of one source client: bytes in, ADUs out. Bytes that are no MP3 end it with a sentence;
 * silence ends it after ten seconds; sound that comes faster than it is played waits, and with
 * it, by TCP, the client.
 *
 * Bounded: what waits is one read of the socket.
 */
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Source, SourceId } from '../../gossamer/core/node.js';
import { FORMAT_BYTES, foreignFormat } from '../../mp3/frames/foreign-format.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';
import { titleOf } from '../../mp3/tags/tag-title.js';
import type { ClientConnection } from '../../overlay/sockets/client-connection.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import { createEncoderClient } from './encoder-client.js';
import { createEncoderPace } from './encoder-pace.js';
import type { SourceBody } from './source-body.js';

/** The source that an encoder feeds, and how far it is. It outlives the encoder's connection. */
export interface FedSource {
  readonly id: SourceId;
  readonly priority: number;
  /** Encoders so far. */
  epoch: number;
  /** Numbers of the next ADUs. */
  nextAudio: number;
  nextNotice: number;
  title: string | undefined;
  /** When the last frame came. */
  frameAt: number;
}

/** How it ended, as HTTP has it: 200 when the client was through. */
interface Ending {
  readonly status: number;
  readonly reason: string;
}

export interface IngestStreamOptions {
  readonly socket: Socket;
  /** What came behind the head already. */
  readonly rest: Uint8Array;
  readonly body: SourceBody;
  readonly feeds: FedSource;
  readonly remoteAddress: string;
  readonly log: Logger;
  now(): number;
  /** The first frame is there: it is a source from now on. */
  attach(connection: ClientConnection): void;
  /** Called once. The socket is not read any more. */
  onEnd(ending: Ending): void;
}

/** A source client that streams. */
export interface IngestStream {
  /** False as soon as no more can come. */
  readonly isOpen: boolean;
  /** What is heard from now on; undefined: nothing is known of it. */
  setTitle(title: string | undefined): void;
  end(ending: Ending): void;
  /** Looks after silence and pace; call it a few times a second. */
  tick(now: number): void;
}

/** Silence, ms. */
const TIMEOUT_MS = 10_000;
/** Without a frame in so many bytes it is no MP3: one second at 128 kbit/s. Guess. */
const JUNK_BYTES_MAX = 16 * 1024;
/** Its KEEP_ALIVE to the SCX, ms. */
const KEEP_ALIVE_MS = 1000;
/** Who waits for its time waits at least so long, ms: a few frames go on together. */
const HOLD_MS_MIN = 100;
const TOLD_EACH_MS = 60_000;

const THROUGH: Ending = { status: 200, reason: 'its client has ended it' };
const SILENT: Ending = { status: 408, reason: `nothing came for ${TIMEOUT_MS / 1000} s` };
const BAD_CHUNKS: Ending = { status: 400, reason: 'its chunks make no sense' };

/** As the overlay knows it. */
export const sourceOf = ({ id, priority, epoch }: FedSource): Source => ({ id, priority, epoch });

/** Begins to read. */
export function startIngestStream(options: IngestStreamOptions): IngestStream {
  const { socket, body, feeds, log, now } = options;
  const framer = createFramer();
  const pace = createEncoderPace(now());
  const queue: FramerEvent[] = [];
  let lead = Buffer.alloc(0);
  let junkBytes = 0;
  let isAttached = false;
  let isLast = false;
  let isOver = false;
  let holding: NodeJS.Timeout | undefined;
  let heardAt = now();
  let aliveAt = now();
  let toldAt = Number.NEGATIVE_INFINITY;

  const end = (ending: Ending): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(holding);
    socket.off('data', onData).off('end', onLast).off('close', onLast);
    link.close(ending.reason);
    options.onEnd(ending);
  };

  const link = createEncoderClient(sourceOf(feeds), options.remoteAddress, (reason) =>
    end({ status: 503, reason }),
  );

  const notMp3 = (): Ending => {
    const format = foreignFormat(lead);
    const what = format === undefined ? 'This is no MP3' : `This is ${format}, not MP3`;
    return { status: 415, reason: `${what}; only MP3 can be broadcast here` };
  };

  const tellTitle = (): void => {
    const notice = { title: feeds.title ?? '', from: feeds.nextAudio };
    const payload = Buffer.from(JSON.stringify(notice));
    link.publish({ channel: TITLE_CHANNEL, sequence: feeds.nextNotice++, payload });
  };

  const setTitle = (title: string | undefined): void => {
    if (title === feeds.title) return;
    feeds.title = title;
    if (isAttached) tellTitle();
  };

  const attach = (): void => {
    isAttached = true;
    options.attach(link.connection);
    if (feeds.title !== undefined && !isOver) tellTitle();
  };

  const takeFrame = (frame: FramerEvent & { kind: 'frame' }): void => {
    if (!isAttached) attach();
    if (isOver) return;
    const at = now();
    feeds.frameAt = at;
    pace.add(frame.header.durationMs, at);
    const payload = frame.bytes;
    link.publish({ channel: AUDIO_CHANNEL, sequence: feeds.nextAudio++, payload });
  };

  const take = (event: FramerEvent): void => {
    if (event.kind === 'frame') return takeFrame(event);
    if (event.kind === 'tag') setTitle(titleOf(event) ?? feeds.title);
    if (event.kind === 'junk') junkBytes += event.bytes;
    if (!isAttached && junkBytes > JUNK_BYTES_MAX) end(notMp3());
  };

  const hold = (ms: number): void => {
    socket.pause();
    holding = setTimeout(pump, Math.max(ms, HOLD_MS_MIN));
    if (now() - toldAt < TOLD_EACH_MS) return;
    toldAt = now();
    log.warn({ source: feeds.id }, 'A source client is faster than real time; it is held up.');
  };

  /** Passes on what is due. */
  const pump = (): void => {
    holding = undefined;
    for (let next = queue[0]; next !== undefined && !isOver; next = queue[0]) {
      const waitMs = next.kind === 'frame' ? pace.waitMs(now()) : 0;
      if (waitMs > 0) return hold(waitMs);
      queue.shift();
      take(next);
    }
    if (isOver) return;
    if (isLast) return end(isAttached ? THROUGH : notMp3());
    heardAt = Math.max(heardAt, socket.isPaused() ? now() : 0);
    socket.resume();
  };

  const onLast = (): void => {
    if (isLast) return;
    isLast = true;
    queue.push(...framer.end());
    if (holding === undefined) pump();
  };

  const onData = (bytes: Uint8Array): void => {
    heardAt = now();
    for (const part of body.push(bytes)) {
      if (lead.length < FORMAT_BYTES) lead = Buffer.concat([lead, part.subarray(0, FORMAT_BYTES)]);
      queue.push(...framer.push(part));
    }
    if (body.state === 'malformed') return end(BAD_CHUNKS);
    if (body.state === 'ended') return onLast();
    if (holding === undefined) pump();
  };

  const start = (): void => {
    socket.on('data', onData).on('end', onLast).on('close', onLast);
    onData(options.rest);
    if (socket.destroyed) onLast();
  };

  process.nextTick(start);
  return {
    get isOpen() {
      return !isOver && !isLast;
    },
    setTitle,
    end,
    tick: (at) => {
      if (isOver || isLast) return;
      if (holding === undefined && at - heardAt > TIMEOUT_MS) return end(SILENT);
      if (pace.isSlow(at))
        log.warn({ source: feeds.id }, 'A source client is slower than real time.');
      if (at - aliveAt < KEEP_ALIVE_MS) return;
      aliveAt = at;
      link.keepAlive();
    },
  };
}
