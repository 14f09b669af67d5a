/**
 * All listeners of an SCX. A timer of the SCX calls `write`, which serves one group of listeners
 * after the other (listener-groups.ts, listener-writer.ts). A listener that takes nothing for long is
 * closed. No listener is closed because the source went away: there is just nothing to write.
 *
 * A listener that comes while the session is off the air waits for a while, without an answer yet. A
 * source that is about to attach, or an SCX that is about to join, then makes a clean start.
 *
 * Bounded: `listenersMax`, those that wait included.
 */
import type { RenditionKbps } from '../../session/renditions.js';
import type { Tape, TapeState } from '../recording/tape.js';
import type { AudioRing, Stretch } from '../sound/audio-ring.js';
import { createListenerGroups, type ListenerGroups } from './listener-groups.js';
import type { PackedListener } from './listener-state.js';
import {
  createListenerWriter,
  type Listener,
  type ListenerConnection,
  type ListenerPosition,
  type ListenerWriter,
  type WriterCounters,
} from './listener-writer.js';
import { createWaitingListeners, type WaitingListeners } from './waiting-listeners.js';

/** A listener that leaves this process. */
export interface DepartingListener {
  readonly packed: PackedListener;
  readonly position: ListenerPosition;
  /** The other process did not take it: it stays here. */
  keep(): void;
}

/** Where a listener that is not served any more has left off. */
interface DetachedPosition {
  readonly position: ListenerPosition;
  /** It does not go on elsewhere: it is served again. */
  keep(): void;
}

export interface ListenersOptions {
  /** What is played. */
  readonly ring: AudioRing;
  /** What a listener of a rendition hears. Default: what is played. */
  ringOf?(rendition: RenditionKbps): AudioRing;
  readonly listenersMax: number;
  /** Listeners that are served elsewhere in this process, and take slots as well. */
  others?(): number;
  /** Continues the tape of another process. Default: its listener goes on live. */
  resumeTape?(state: TapeState): Tape;
  /** Groups of listeners: calls of `write` in a write interval. */
  readonly groups: number;
  /** How long a listener waits for the first audio, ms. */
  readonly waitMs: number;
  /** A listener that takes nothing for longer is closed, ms. */
  readonly idleMs: number;
}

/** The counters for `GET /metrics`. */
interface ListenerCounters extends WriterCounters {
  /** Listeners let in since the start. */
  accepted: number;
  /** Refused because the SCX was full. */
  full: number;
  /** Refused because nothing was on the air. */
  offAir: number;
  /** Closed because they took nothing. */
  idle: number;
}

/** The set of listeners. */
export interface Listeners {
  /**
   * Lets a listener in: opened at once if there is audio, else waiting for it. Undefined if the SCX
   * is full. With a tape it gets what that gives.
   */
  admit(connection: ListenerConnection, now: number, tape?: Tape): Listener | undefined;
  /** Lets in a listener of another process, at its position. */
  resume(
    connection: ListenerConnection,
    position: ListenerPosition,
    now: number,
  ): Listener | undefined;
  /** Its connection is closed. */
  leave(listener: Listener): void;
  /** Removes, one after the other, the listeners that can move to another process now. */
  departures(): Generator<DepartingListener, void>;
  /** Stops serving a listener, which goes on elsewhere; undefined if it has not heard anything yet. */
  detach(listener: Listener): DetachedPosition | undefined;
  /** Opens the listeners that wait, as there is audio now: all, or those that take no titles. */
  openWaiting(now: number, withTitles: boolean): void;
  /** Serves the next group; closes listeners that have waited or idled too long. */
  write(now: number): void;
  /** Closes all, each after what it is still due. */
  end(now: number): void;
  /** Listeners that hear something. */
  readonly count: number;
  readonly peak: number;
  /** Those of them that hear earlier sound. */
  readonly rewinding: number;
  readonly waiting: number;
  /** How many hear each rendition, or wait for it. */
  byRendition(): ReadonlyMap<RenditionKbps, number>;
  /** Whether there is a slot for another one. */
  readonly hasRoom: boolean;
  readonly counters: Readonly<ListenerCounters>;
}

/** See Listeners.departures. A listener may end while the one before it is being moved. */
function* departuresOf(
  writer: ListenerWriter,
  groups: ListenerGroups,
  waiting: WaitingListeners,
): Generator<DepartingListener, void> {
  for (const listener of [...groups.all(), ...waiting]) {
    const { connection, group } = listener;
    const isHere = group?.has(listener) ?? waiting.has(listener);
    const packed = isHere && connection.isFlushed() ? connection.pack?.() : undefined;
    if (packed === undefined) continue;
    const position = writer.positionOf(listener);
    if (position.isOpen) groups.remove(listener);
    else waiting.remove(listener);
    const keep = (): void => {
      if (position.isOpen) groups.add(listener);
      else waiting.add(listener);
    };
    yield { packed, position, keep };
  }
}

/** Creates a set without listeners. */
export function createListeners(options: ListenersOptions): Listeners {
  const { ring, idleMs } = options;
  const counters = { accepted: 0, full: 0, offAir: 0, skipped: 0, idle: 0, bytes: 0 };
  const ringOf = (rendition: RenditionKbps | undefined): AudioRing =>
    rendition === undefined ? ring : (options.ringOf?.(rendition) ?? ring);
  const writer = createListenerWriter({ ringOf, idleMs, counters, chunksPerWrite: options.groups });
  const groups = createListenerGroups(options.groups);
  const waiting = createWaitingListeners(options.waitMs);

  const leave = (listener: Listener): void => {
    waiting.remove(listener);
    groups.remove(listener);
  };

  const serveOrClose = (listener: Listener, now: number): void => {
    if (!writer.isIdle(listener, now)) return writer.serve(listener, now);
    leave(listener);
    counters.idle++;
    listener.connection.abort();
  };

  const open = (listener: Listener, burst: Stretch, now: number): void => {
    groups.add(listener);
    writer.open(listener, burst, now);
  };

  const hasRoom = (): boolean =>
    groups.count + waiting.size + (options.others?.() ?? 0) < options.listenersMax;

  const admit: Listeners['admit'] = (connection, now, tape) => {
    if (!hasRoom()) {
      counters.full++;
      return undefined;
    }
    counters.accepted++;
    const listener = writer.create(connection, now);
    if (tape !== undefined) {
      groups.add(listener);
      writer.openTape(listener, tape, now);
      return listener;
    }
    const burst = listener.ring.burst(now);
    if (burst === undefined) waiting.add(listener);
    else open(listener, burst, now);
    return listener;
  };

  return {
    admit,
    resume: (connection, position, now) => {
      if (!position.isOpen) return admit(connection, now);
      const listener = writer.createAt(connection, position, now);
      listener.tape = position.tape && options.resumeTape?.(position.tape);
      groups.add(listener);
      writer.serve(listener, now); // the predecessor has not served it for a while
      return listener;
    },
    leave,
    departures: () => departuresOf(writer, groups, waiting),
    detach: (listener) => {
      // Another process could not go on with its tape: it stays.
      if (listener.tape !== undefined) return undefined;
      const position = writer.positionOf(listener);
      if (!groups.remove(listener)) return undefined;
      return { position, keep: () => groups.add(listener) };
    },
    openWaiting: (now, withTitles) => {
      for (const listener of [...waiting]) {
        if (listener.connection.wantsTitles && !withTitles) continue;
        listener.ring.cut(now);
        const burst = listener.ring.burst(now);
        if (burst === undefined) continue;
        waiting.remove(listener);
        open(listener, burst, now);
      }
    },
    write: (now) => {
      for (const listener of groups.next()) serveOrClose(listener, now);
      counters.offAir += waiting.refuseLate(now);
    },
    end: (now) => {
      for (const listener of groups.all()) {
        writer.serve(listener, now);
        listener.connection.end();
      }
      groups.clear();
      waiting.refuseAll();
    },
    get count() {
      return groups.count;
    },
    get peak() {
      return groups.peak;
    },
    get rewinding() {
      return [...groups.all()].filter(({ tape }) => tape !== undefined).length;
    },
    get waiting() {
      return waiting.size;
    },
    byRendition: () => {
      const counts = new Map<RenditionKbps, number>();
      for (const { connection } of [...groups.all(), ...waiting]) {
        const { rendition } = connection;
        if (rendition !== undefined) counts.set(rendition, (counts.get(rendition) ?? 0) + 1);
      }
      return counts;
    },
    get hasRoom() {
      return hasRoom();
    },
    counters,
  };
}
