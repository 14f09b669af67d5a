/**
 * Everybody who listens. One timer of the SCX calls `write`, and each listener is handed the chunks
 * that it has not had, as long as its socket takes them at once: what a socket has not taken is
 * kept by the kernel, and at most one chunk or burst by us, which it shares with all others. Who
 * is further behind than the ring skips to live with a fresh burst; who takes nothing for long is
 * closed. Nobody is ever closed because the source went away: there is just nothing to write.
 *
 * Who comes while the session is off the air waits for a while, without an answer yet. A source
 * that is about to attach, or an SCX that is about to join, then makes a clean start.
 *
 * Bounded: `listenersMax`, those who wait included.
 */
import type { AudioRing, Burst } from './audio-ring.js';

/** One listener's connection. */
export interface Outlet {
  /** What the socket has not taken yet. */
  readonly queuedBytes: number;
  /** Answers the request, and writes the first bytes. */
  open(bytes: Uint8Array): void;
  write(bytes: Uint8Array): void;
  /** Answers the request: off the air. */
  refuse(): void;
  /** Closes after what is queued. */
  end(): void;
  /** Closes at once. */
  abort(): void;
}

export interface ListenersOptions {
  readonly ring: AudioRing;
  readonly listenersMax: number;
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
   * Lets a listener in: opened at once if there is audio, else waiting for it. Returns what is to
   * be called when its connection closes; undefined if there is no room.
   */
  admit(outlet: Outlet, now: number): (() => void) | undefined;
  /** Starts those who wait, as there is audio now. */
  openWaiting(now: number): void;
  /** Hands out what is new; closes who has waited or idled too long. */
  write(now: number): void;
  /** Closes everybody, each after what it is still due. */
  end(now: number): void;
  /** Those who hear something. */
  readonly count: number;
  readonly peak: number;
  readonly waiting: number;
  readonly counters: Readonly<ListenerCounters>;
}

interface Listener {
  readonly outlet: Outlet;
  /** The chunk that it gets next. */
  next: number;
  queuedBytes: number;
  /** When its socket last took something, or had nothing to take. */
  tookAt: number;
}

/** Nobody listens yet. */
export function createListeners(options: ListenersOptions): Listeners {
  const { ring } = options;
  const listening = new Map<Outlet, Listener>();
  /** Until when each waits. */
  const waiting = new Map<Outlet, number>();
  const counters = { accepted: 0, full: 0, offAir: 0, skipped: 0, idle: 0, bytes: 0 };
  let peak = 0;

  const open = (outlet: Outlet, burst: Burst, now: number): void => {
    listening.set(outlet, { outlet, next: burst.next, queuedBytes: 0, tookAt: now });
    peak = Math.max(peak, listening.size);
    counters.bytes += burst.bytes.length;
    outlet.open(burst.bytes);
  };

  const leave = (outlet: Outlet): void => {
    listening.delete(outlet);
    waiting.delete(outlet);
  };

  const isIdle = (listener: Listener, now: number): boolean => {
    const { queuedBytes } = listener.outlet;
    if (queuedBytes === 0 || queuedBytes < listener.queuedBytes) listener.tookAt = now;
    listener.queuedBytes = queuedBytes;
    return now - listener.tookAt > options.idleMs;
  };

  const skip = (listener: Listener, now: number): Uint8Array | undefined => {
    counters.skipped++;
    const burst = ring.burst(now);
    listener.next = burst?.next ?? ring.end;
    return burst?.bytes;
  };

  const serve = (listener: Listener, now: number): void => {
    const { outlet } = listener;
    while (listener.next < ring.end && outlet.queuedBytes === 0) {
      const bytes = ring.chunk(listener.next++) ?? skip(listener, now);
      if (bytes === undefined) return;
      counters.bytes += bytes.length;
      outlet.write(bytes);
    }
  };

  const dismiss = (outlet: Outlet, how: 'idle' | 'offAir'): void => {
    leave(outlet);
    counters[how]++;
    if (how === 'idle') outlet.abort();
    else outlet.refuse();
  };

  return {
    admit: (outlet, now) => {
      if (listening.size + waiting.size >= options.listenersMax) {
        counters.full++;
        return undefined;
      }
      counters.accepted++;
      const burst = ring.burst(now);
      if (burst === undefined) waiting.set(outlet, now + options.waitMs);
      else open(outlet, burst, now);
      return () => leave(outlet);
    },
    openWaiting: (now) => {
      ring.cut(now);
      const burst = ring.burst(now);
      if (burst === undefined) return;
      for (const outlet of waiting.keys()) open(outlet, burst, now);
      waiting.clear();
    },
    write: (now) => {
      for (const listener of listening.values()) {
        if (isIdle(listener, now)) dismiss(listener.outlet, 'idle');
        else serve(listener, now);
      }
      for (const [outlet, until] of waiting) if (until <= now) dismiss(outlet, 'offAir');
    },
    end: (now) => {
      for (const listener of listening.values()) {
        serve(listener, now);
        listener.outlet.end();
      }
      for (const outlet of waiting.keys()) outlet.refuse();
      listening.clear();
      waiting.clear();
    },
    get count() {
      return listening.size;
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
