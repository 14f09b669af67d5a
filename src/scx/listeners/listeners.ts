/**
 * Everybody who listens. A timer of the SCX calls `write`, which serves one phase of the listeners
 * after the other, so that the work is spread over the write interval. Each listener is handed the
 * chunks that it has not had, as long as its socket takes them at once: what a socket has not taken
 * is kept by the kernel, and at most one stretch or burst by us, which it shares with all others. Who
 * is further behind than the ring skips to live with a fresh burst; who takes nothing for long is
 * closed. Nobody is ever closed because the source went away: there is just nothing to write.
 *
 * Who comes while the session is off the air waits for a while, without an answer yet. A source
 * that is about to attach, or an SCX that is about to join, then makes a clean start.
 *
 * Bounded: `listenersMax`, those who wait included.
 */
import { type IcyPosition, icyBlock, icyStart, insertTitles } from '../../icecast/icy-metadata.js';
import type { AudioRing, Stretch } from '../sound/audio-ring.js';
import type { PackedListener } from './listener-state.js';

/** One listener's connection. Methods, as thousands of them share the functions. */
export interface Outlet {
  /** Titles are wanted in the stream. */
  readonly wantsTitles: boolean;
  /** What the socket has not taken yet. */
  queuedBytes(): number;
  /** Answers the request, and writes the first bytes. */
  open(parts: readonly Uint8Array[]): void;
  write(parts: readonly Uint8Array[]): void;
  /** Answers the request: off the air. */
  refuse(): void;
  /** Closes after what is queued. */
  end(): void;
  /** Closes at once. */
  abort(): void;
  /** What another process needs to go on with it; undefined if none can. */
  pack?(): PackedListener | undefined;
}

/** Where a listener is in its stream, for another process that goes on with it. */
export interface ListenerPosition {
  /** Its request has been answered. */
  readonly isOpen: boolean;
  /** The number of the frame that it gets next; null: none that is kept. */
  readonly frame: number | null;
  /** Null for who gets the bare audio. */
  readonly icy: IcyPosition | null;
}

/** A listener that leaves this process. */
export interface DepartingListener {
  readonly parcel: PackedListener;
  readonly seat: ListenerPosition;
  /** The other process did not take it: it stays after all. */
  stay(): void;
}

export interface ListenersOptions {
  readonly ring: AudioRing;
  readonly listenersMax: number;
  /** `write` comes so often in a write interval, and each listener's turn is once. */
  readonly phases: number;
  /** How long a listener waits for the first audio, ms. */
  readonly waitMs: number;
  /** A listener that takes nothing for so long is closed, ms. */
  readonly idleMs: number;
}

/** What `GET /metrics` tells. */
interface ListenerCounters {
  /** Let in since the start. */
  accepted: number;
  /** Turned away because the SCX is full. */
  full: number;
  /** Turned away because nothing was on the air. */
  offAir: number;
  /** Times that somebody was too far behind and skipped to live. */
  skipped: number;
  /** Closed because they took nothing. */
  idle: number;
  /** Handed to sockets. */
  bytes: number;
}

/** The set of listeners. */
export interface Listeners {
  /**
   * Lets a listener in: opened at once if there is audio, else waiting for it. Undefined if there
   * is no room.
   */
  admit(outlet: Outlet, now: number): Listener | undefined;
  /** Lets a listener go on whom another process has served until now, there where it is. */
  resume(outlet: Outlet, seat: ListenerPosition, now: number): Listener | undefined;
  /** Its connection is closed. */
  leave(listener: Listener): void;
  /** Lets go of those with whom another process can go on now, one after the other. */
  depart(): Generator<DepartingListener, void>;
  /** Starts those who wait, as there is audio now. */
  openWaiting(now: number): void;
  /** Hands what is new to those whose turn it is; closes who has waited or idled too long. */
  write(now: number): void;
  /** Closes everybody, each after what it is still due. */
  end(now: number): void;
  /** Those who hear something. */
  readonly count: number;
  readonly peak: number;
  readonly waiting: number;
  readonly counters: Readonly<ListenerCounters>;
}

/** Who was let in. */
export interface Listener {
  readonly outlet: Outlet;
  /** Undefined for who gets the bare audio. */
  readonly icy: IcyPosition | undefined;
  /** Where it is served; undefined while it waits for the first audio. */
  phase: Set<Listener> | undefined;
  /** The chunk that it gets next. */
  next: number;
  /** The frame, where another process left off: in the middle of a chunk, or of one to come. */
  frame: number | undefined;
  queuedBytes: number;
  /** When its socket last took something, or had nothing to take; when it began to wait. */
  tookAt: number;
}

/** Makes a title's block once, for all who hear it. */
function createBlocks(): (title: string | null) => Uint8Array {
  let last: { readonly title: string | null; readonly block: Uint8Array } | undefined;
  return (title) => {
    if (last?.title !== title || last === undefined) last = { title, block: icyBlock(title) };
    return last.block;
  };
}

/** Nobody listens yet. */
export function createListeners(options: ListenersOptions): Listeners {
  const { ring } = options;
  const phases = Array.from({ length: options.phases }, () => new Set<Listener>());
  /** In the order in which they came. */
  const waiting = new Set<Listener>();
  const blocks = createBlocks();
  const counters = { accepted: 0, full: 0, offAir: 0, skipped: 0, idle: 0, bytes: 0 };
  let turn = 0;
  let count = 0;
  let peak = 0;

  const partsFor = ({ icy }: Listener, stretch: Stretch): readonly Uint8Array[] => {
    counters.bytes += stretch.bytes.length;
    return icy === undefined ? [stretch.bytes] : insertTitles(icy, stretch, blocks);
  };

  const become = (outlet: Outlet, icy: IcyPosition | undefined, now: number): Listener => {
    const start = { phase: undefined, next: ring.end, frame: undefined };
    return { outlet, icy, ...start, queuedBytes: 0, tookAt: now };
  };

  const enter = (listener: Listener): void => {
    const phase = phases.reduce((a, b) => (b.size < a.size ? b : a));
    phase.add(listener);
    listener.phase = phase;
    count++;
    peak = Math.max(peak, count);
  };

  const open = (listener: Listener, burst: Stretch, now: number): void => {
    enter(listener);
    Object.assign(listener, { next: burst.next, tookAt: now });
    listener.outlet.open(partsFor(listener, burst));
  };

  const leave = (listener: Listener): void => {
    waiting.delete(listener);
    if (listener.phase?.delete(listener) === true) count--;
  };

  const isIdle = (listener: Listener, now: number): boolean => {
    const queuedBytes = listener.outlet.queuedBytes();
    if (queuedBytes === 0 || queuedBytes < listener.queuedBytes) listener.tookAt = now;
    listener.queuedBytes = queuedBytes;
    return now - listener.tookAt > options.idleMs;
  };

  const skip = (now: number): Stretch | undefined => {
    counters.skipped++;
    return ring.burst(now);
  };

  const hasNews = ({ next, frame }: Listener): boolean =>
    frame === undefined ? next < ring.end : frame < ring.framesCut;

  const read = ({ next, frame }: Listener): Stretch | undefined =>
    frame === undefined ? ring.read(next, options.phases) : ring.readFrom(frame);

  const serve = (listener: Listener, now: number): void => {
    const { outlet } = listener;
    while (hasNews(listener) && outlet.queuedBytes() === 0) {
      const stretch = read(listener) ?? skip(now);
      listener.next = stretch?.next ?? ring.end;
      listener.frame = undefined;
      if (stretch !== undefined) outlet.write(partsFor(listener, stretch));
    }
  };

  const seatOf = ({ phase, next, frame, icy }: Listener): ListenerPosition => ({
    isOpen: phase !== undefined,
    frame: frame ?? ring.frameAt(next) ?? null,
    icy: icy ?? null,
  });

  const serveOrClose = (listener: Listener, now: number): void => {
    if (!isIdle(listener, now)) return serve(listener, now);
    leave(listener);
    counters.idle++;
    listener.outlet.abort();
  };

  const refuseLate = (now: number): void => {
    for (const listener of waiting) {
      if (now - listener.tookAt < options.waitMs) return;
      leave(listener);
      counters.offAir++;
      listener.outlet.refuse();
    }
  };

  const admit: Listeners['admit'] = (outlet, now) => {
    if (count + waiting.size >= options.listenersMax) {
      counters.full++;
      return undefined;
    }
    counters.accepted++;
    const listener = become(outlet, outlet.wantsTitles ? icyStart() : undefined, now);
    const burst = ring.burst(now);
    if (burst === undefined) waiting.add(listener);
    else open(listener, burst, now);
    return listener;
  };

  return {
    admit,
    resume: (outlet, seat, now) => {
      if (!seat.isOpen) return admit(outlet, now);
      const listener = become(outlet, seat.icy ?? undefined, now);
      listener.frame = seat.frame ?? ring.framesCut;
      enter(listener);
      serve(listener, now); // its turn there was long ago
      return listener;
    },
    leave,
    *depart() {
      for (const listener of [...phases, waiting].flatMap((set) => [...set])) {
        const { outlet } = listener;
        const isHere = listener.phase?.has(listener) ?? waiting.has(listener);
        const parcel = isHere && outlet.queuedBytes() === 0 ? outlet.pack?.() : undefined;
        if (parcel === undefined) continue;
        const seat = seatOf(listener);
        leave(listener);
        yield { parcel, seat, stay: () => (seat.isOpen ? enter(listener) : waiting.add(listener)) };
      }
    },
    openWaiting: (now) => {
      ring.cut(now);
      const burst = ring.burst(now);
      if (burst === undefined) return;
      for (const listener of waiting) open(listener, burst, now);
      waiting.clear();
    },
    write: (now) => {
      const phase = phases[turn++ % phases.length] ?? [];
      for (const listener of phase) serveOrClose(listener, now);
      refuseLate(now);
    },
    end: (now) => {
      for (const phase of phases) {
        for (const listener of phase) {
          serve(listener, now);
          listener.outlet.end();
        }
        phase.clear();
      }
      for (const { outlet } of waiting) outlet.refuse();
      waiting.clear();
      count = 0;
    },
    get count() {
      return count;
    },
    get peak() {
      return peak;
    },
    get waiting() {
      return waiting.size;
    },
    counters,
  };
}
