/**
 * The stream of one encoder: bytes in, ADUs out. Bytes that are not MP3 end it with an error
 * message; no data for 10 s ends it. Audio that comes faster than it is played waits, and TCP then
 * slows down the encoder (paced-queue.ts).
 *
 * Bounded: what waits is one read of the socket.
 */
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { NodeId } from '../../gossamer/core/node.js';
import type { SourceBody } from '../../icecast/source-body.js';
import { createFramer, type FramerEvent } from '../../mp3/frames/framer.js';
import { createLotSigner } from '../../overlay/lots/lot-signer.js';
import { signSource } from '../../overlay/lots/source-statement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import {
  createRenditionMaker,
  type RenditionMaker,
  type TranscodingCounters,
} from '../../transcode/rendition-maker.js';
import type { SourceClient } from '../sources/source-client.js';
import { ENCODER_SILENT_MS } from '../sources/source-timeouts.js';
import { createEncoderClient } from './encoder-client.js';
import { createEncoderPace, type EncoderPace } from './encoder-pace.js';
import { createSourceWriter, type EncoderSource, overlaySource } from './encoder-source.js';
import { createPacedQueue } from './paced-queue.js';
import { createFormatCheck, type Ending } from './source-format.js';

export interface IngestStreamOptions {
  readonly socket: Socket;
  /** Bytes that came behind the request's head. */
  readonly rest: Uint8Array;
  readonly body: SourceBody;
  /** The session's id. */
  readonly session: string;
  /** This SCX's node id. */
  readonly scx: NodeId;
  readonly source: EncoderSource;
  readonly remoteAddress: string;
  readonly log: Logger;
  now(): number;
  /** Measures silence: the time in which this process could listen (runtime/attended-clock.ts), ms. */
  attended(): number;
  /** Counts what is made for renditions. Default: nobody reads it. */
  readonly transcoding?: TranscodingCounters | undefined;
  /** The first frame is there: attaches the source, or closes the client. */
  attach(client: SourceClient): void;
  /** Called once. The socket is not read any more. */
  onEnd(ending: Ending): void;
}

/** An encoder that streams. */
export interface IngestStream {
  /** False as soon as no more can come. */
  readonly isOpen: boolean;
  /** The title from the next frame on; undefined: none. */
  setTitle(title: string | undefined): void;
  end(ending: Ending): void;
  /** Checks silence and pace; call it a few times per second. */
  tick(now: number): void;
}

/** Interval of its KEEP_ALIVE to the SCX, ms. */
const KEEP_ALIVE_MS = 1000;
/** Minimum interval between two warnings that it is too fast, ms. */
const WARNING_INTERVAL_MS = 60_000;

const ENDED: Ending = { status: 200, reason: 'its encoder has ended it' };
const SILENT: Ending = {
  status: 408,
  reason: `nothing came for ${ENCODER_SILENT_MS / 1000} s`,
};
const BAD_CHUNKS: Ending = { status: 400, reason: 'its chunks are malformed' };

/** Creates a watch that notes when an encoder sent data last, and warns of a wrong pace. */
function createWatch({ source, log, now, attended }: IngestStreamOptions, pace: EncoderPace) {
  let heardAt = attended();
  let aliveAt = now();
  let warnedAt = Number.NEGATIVE_INFINITY;
  return {
    onHeard: (): void => {
      heardAt = attended();
    },
    onHeldUp: (): void => {
      if (now() - warnedAt < WARNING_INTERVAL_MS) return;
      warnedAt = now();
      log.warn({ source: source.id }, 'An encoder is faster than real time; it is held up.');
    },
    isSilent: (): boolean => attended() - heardAt > ENCODER_SILENT_MS,
    /** Whether a KEEP_ALIVE is due. */
    tick: (at: number): boolean => {
      if (pace.isSlow(at)) {
        log.warn({ source: source.id }, 'An encoder is slower than real time.');
      }
      if (at - aliveAt < KEEP_ALIVE_MS) return false;
      aliveAt = at;
      return true;
    },
  };
}

/** What makes the renditions of the source, whichever connection it has. */
function makerOf({ source, log, transcoding }: IngestStreamOptions): RenditionMaker {
  source.maker ??= createRenditionMaker({
    send: (kbps, frames) => source.sendMade?.(kbps, frames) ?? false,
    ...dropAbsent({ log, counters: transcoding }),
  });
  return source.maker;
}

/** Starts to read an encoder's stream. */
export function startIngestStream(options: IngestStreamOptions): IngestStream {
  const { socket, body, source, now } = options;
  const framer = createFramer();
  const pace = createEncoderPace(now());
  const format = createFormatCheck();
  const watch = createWatch(options, pace);
  let isLast = false;
  let isOver = false;

  const end = (ending: Ending): void => {
    if (isOver) return;
    isOver = true;
    queue.stop();
    socket.off('data', onData).off('end', onLast).off('close', onLast);
    encoder.close(ending.reason);
    if (source.sendMade === encoder.sendMade) source.sendMade = undefined;
    maker.want([]);
    options.onEnd(ending);
  };

  const maker = makerOf(options);
  const { id, epoch, key } = source;
  const { session, scx } = options;
  const signer = createLotSigner({ session, source: id, epoch, key });
  const encoder = createEncoderClient({
    source: overlaySource(source),
    state: (unsigned) => signSource(unsigned, { session, scx, key }),
    ...{ key: key.publicKey, remoteAddress: options.remoteAddress, signer, maker },
    onClosed: (reason) => end({ status: 503, reason }),
  });
  source.sendMade = encoder.sendMade;

  const writer = createSourceWriter({
    ...{ source, encoder, now: options.attended, isOver: () => isOver },
    attach: () => options.attach(encoder.client),
  });

  const take = (event: FramerEvent): void => {
    if (event.kind === 'frame') {
      pace.add(event.header.durationMs, now());
      return writer.takeFrame(event);
    }
    if (event.kind === 'tag') writer.takeTag(event);
    const isJunk = event.kind === 'junk' && format.addJunk(event.bytes);
    if (isJunk && !writer.isAttached) end(format.problem());
  };

  const onHold = (): void => {
    socket.pause();
    watch.onHeldUp();
  };

  const onEmpty = (): void => {
    if (isLast) return end(writer.isAttached ? ENDED : format.problem());
    if (socket.isPaused()) watch.onHeard(); // it was held up, not silent
    socket.resume();
  };

  const queue = createPacedQueue({ pace, now, take, isOver: () => isOver, onHold, onEmpty });

  const onLast = (): void => {
    if (isLast) return;
    isLast = true;
    queue.push(framer.end());
    queue.pump();
  };

  const onData = (bytes: Uint8Array): void => {
    watch.onHeard();
    for (const part of body.push(bytes)) {
      format.look(part);
      queue.push(framer.push(part));
    }
    if (body.state === 'malformed') return end(BAD_CHUNKS);
    if (body.state === 'ended') return onLast();
    queue.pump();
  };

  process.nextTick(() => {
    socket.on('data', onData).on('end', onLast).on('close', onLast);
    onData(options.rest);
    if (socket.destroyed) onLast();
  });
  return {
    get isOpen() {
      return !isOver && !isLast;
    },
    setTitle: writer.setTitle,
    end,
    tick: (at) => {
      if (isOver || isLast) return;
      if (!queue.isHolding && watch.isSilent()) return end(SILENT);
      if (watch.tick(at)) encoder.keepAlive();
    },
  };
}
