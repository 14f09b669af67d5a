/**
 * Hands audio to one listener. Its socket is written to only when it has taken everything before:
 * what it has not taken is kept by the kernel up to an allowance (send-queue-watch.ts), and at most
 * one stretch or burst by this process, which all listeners share. A listener that is further behind than the ring skips to live with a
 * fresh burst.
 */
import {
  type IcyPosition,
  icyBlock,
  icyStart,
  insertTitles,
  type TitledAudio,
} from '../../icecast/icy-metadata.js';
import type { RenditionKbps } from '../../session/renditions.js';
import type { Tape, TapeState } from '../recording/tape.js';
import type { AudioRing, Stretch } from '../sound/audio-ring.js';
import type { PackedListener } from './listener-state.js';

/**
 * One listener's connection. Methods, not closures, because thousands of connections share the
 * functions.
 */
export interface ListenerConnection {
  /** The player wants titles in the stream. */
  readonly wantsTitles: boolean;
  /** The rendition that it hears, kbit/s; undefined: the sound as it is. */
  readonly rendition?: RenditionKbps | undefined;
  /**
   * Bytes that the player has not taken yet: what its socket has not taken, and what the kernel
   * holds beyond its allowance.
   */
  queuedBytes(): number;
  /** The socket has taken everything, so that another process can continue it. */
  isFlushed(): boolean;
  /** Answers the request, and writes the first bytes. */
  open(parts: readonly Uint8Array[]): void;
  write(parts: readonly Uint8Array[]): void;
  /** Answers the request: the session is off the air. */
  refuse(): void;
  /** Closes after what is queued. */
  end(): void;
  /** Closes at once. */
  abort(): void;
  /** Packs it for another process; undefined if it cannot move. */
  pack?(): PackedListener | undefined;
}

/** A listener that was let in. */
export interface Listener {
  readonly connection: ListenerConnection;
  /** What it hears. */
  readonly ring: AudioRing;
  /** Its position between two ICY blocks; undefined for a player that gets the bare audio. */
  readonly icy: IcyPosition | undefined;
  /** The group in which it is served; undefined while it waits for the first audio. */
  group: Set<Listener> | undefined;
  /** The number of the chunk that it gets next. */
  next: number;
  /** The frame that it gets next, where another process left off inside a chunk, or at one to come. */
  frame: number | undefined;
  /** It listens to earlier sound; undefined: to the ring. */
  tape?: Tape | undefined;
  queuedBytes: number;
  /** The instant at which its socket last took something or had nothing to take, or it began to wait. */
  tookAt: number;
}

/** A listener's position in its stream, for a process that continues it. */
export interface ListenerPosition {
  /** Its request has been answered. */
  readonly isOpen: boolean;
  /** The number of the frame that it gets next; null: no frame that is kept. */
  readonly frame: number | null;
  /** Null for a player that gets the bare audio. */
  readonly icy: IcyPosition | null;
  /** Of a listener that listens to earlier sound. */
  readonly tape?: TapeState | undefined;
}

/** The writer's counters, for `GET /metrics`. */
export interface WriterCounters {
  /** Times that a listener was too far behind and skipped to live. */
  skipped: number;
  /** Audio handed to sockets, bytes. */
  bytes: number;
}

/** Hands audio to listeners. */
export interface ListenerWriter {
  /** A listener that is not served yet. */
  create(connection: ListenerConnection, now: number): Listener;
  /** A listener at a position that another process has left. */
  createAt(connection: ListenerConnection, position: ListenerPosition, now: number): Listener;
  /** Answers its request with a burst. */
  open(listener: Listener, burst: Stretch, now: number): void;
  /** Answers its request with earlier sound. */
  openTape(listener: Listener, tape: Tape, now: number): void;
  /** Writes what it has not had, for as long as its socket takes it at once. */
  serve(listener: Listener, now: number): void;
  /** Whether its socket has taken nothing for longer than `idleMs`. */
  isIdle(listener: Listener, now: number): boolean;
  positionOf(listener: Listener): ListenerPosition;
}

export interface WriterOptions {
  /** What a listener of this rendition hears; undefined: of none. */
  ringOf(rendition: RenditionKbps | undefined): AudioRing;
  /** Chunks that are joined for one write. */
  readonly chunksPerWrite: number;
  /** A listener that takes nothing for longer is idle, ms. */
  readonly idleMs: number;
  readonly counters: WriterCounters;
}

/** Makes the ICY block of a title once, for all that hear it. */
function createBlocks(): (title: string | null) => Uint8Array {
  let last: { readonly title: string | null; readonly block: Uint8Array } | undefined;
  return (title) => {
    if (last?.title !== title || last === undefined) last = { title, block: icyBlock(title) };
    return last.block;
  };
}

/** Creates a writer for listeners. */
export function createListenerWriter(options: WriterOptions): ListenerWriter {
  const { counters } = options;
  const blocks = createBlocks();

  const partsFor = ({ icy }: Listener, stretch: TitledAudio): readonly Uint8Array[] => {
    counters.bytes += stretch.bytes.length;
    return icy === undefined ? [stretch.bytes] : insertTitles(icy, stretch, blocks);
  };

  const start = (
    connection: ListenerConnection,
    icy: IcyPosition | undefined,
    now: number,
  ): Listener => {
    const ring = options.ringOf(connection.rendition);
    return {
      ...{ connection, ring, icy, group: undefined, next: ring.end, frame: undefined },
      ...{ queuedBytes: 0, tookAt: now },
    };
  };

  const hasNews = ({ ring, next, frame }: Listener): boolean =>
    frame === undefined ? next < ring.end : frame < ring.framesCut;

  const read = ({ ring, next, frame }: Listener): Stretch | undefined =>
    frame === undefined ? ring.read(next, options.chunksPerWrite) : ring.readFrom(frame);

  const skip = ({ ring }: Listener, now: number): Stretch | undefined => {
    counters.skipped++;
    return ring.burst(now);
  };

  const serveTape = (listener: Listener, tape: Tape, now: number): void => {
    while (listener.connection.queuedBytes() === 0) {
      const audio = tape.take(now);
      if (audio === undefined) return;
      listener.connection.write(partsFor(listener, audio));
    }
  };

  return {
    create: (connection, now) =>
      start(connection, connection.wantsTitles ? icyStart() : undefined, now),
    createAt: (connection, { icy, frame }, now) => {
      const listener = start(connection, icy ?? undefined, now);
      listener.frame = frame ?? listener.ring.framesCut;
      return listener;
    },
    open: (listener, burst, now) => {
      listener.next = burst.next;
      listener.tookAt = now;
      listener.connection.open(partsFor(listener, burst));
    },
    openTape: (listener, tape, now) => {
      listener.tape = tape;
      listener.connection.open([]);
      serveTape(listener, tape, now);
    },
    serve: (listener, now) => {
      const { connection, tape } = listener;
      if (tape !== undefined) return serveTape(listener, tape, now);
      while (hasNews(listener) && connection.queuedBytes() === 0) {
        const stretch = read(listener) ?? skip(listener, now);
        listener.next = stretch?.next ?? listener.ring.end;
        listener.frame = undefined;
        if (stretch !== undefined) connection.write(partsFor(listener, stretch));
      }
    },
    isIdle: (listener, now) => {
      const queuedBytes = listener.connection.queuedBytes();
      if (queuedBytes === 0 || queuedBytes < listener.queuedBytes) listener.tookAt = now;
      listener.queuedBytes = queuedBytes;
      return now - listener.tookAt > options.idleMs;
    },
    positionOf: ({ ring, group, next, frame, icy, tape }) => ({
      isOpen: group !== undefined,
      frame: frame ?? ring.frameAt(next) ?? null,
      icy: icy ?? null,
      tape: tape?.state(),
    }),
  };
}
