/**
 * How long an SCX lives. "When all clients of the SCX have left the session, the SCX too leaves
 * the session" (§2.5); a rendezvous point stays, as others look for the session there (§3.4).
 *
 * Beyond: it lingers, as the next listener may be a second away. And an SCX whose cluster is gone
 * for good must not run for ever on a machine where nobody knows of it.
 */

export interface LifetimeOptions {
  /** Without clients, it ends after so many ms. */
  readonly lingerMs: number;
  /** Without a word of a front end and without clients, even a rendezvous point ends, ms. */
  readonly orphanMs: number;
}

/** What keeps an SCX alive. */
export interface Lifetime {
  /** Listeners, those who wait, and sources, at this moment. */
  onClients(count: number, now: number): void;
  /** The front end answered, and says whether this SCX is to stay without clients. */
  onFrontEnd(pinned: boolean, now: number): void;
  /** Why it is time to leave; undefined while it is not. */
  endReason(now: number): string | undefined;
}

/** A life that begins now, without clients. */
export function createLifetime(options: LifetimeOptions, pinned: boolean, now: number): Lifetime {
  let clients = 0;
  let idleSince = now;
  let heardAt = now;
  let isPinned = pinned;
  return {
    onClients: (count, at) => {
      if (clients > 0 || count > 0) idleSince = at;
      clients = count;
    },
    onFrontEnd: (stays, at) => {
      // Who was pinned until now has its linger still before it.
      if (isPinned && !stays) idleSince = at;
      isPinned = stays;
      heardAt = at;
    },
    endReason: (at) => {
      if (clients > 0) return undefined;
      const idleMs = at - idleSince;
      if (!isPinned && idleMs >= options.lingerMs) {
        return `no clients for ${Math.round(idleMs / 1000)} s`;
      }
      if (Math.min(idleMs, at - heardAt) < options.orphanMs) return undefined;
      return `no clients, and no word of a front end for ${Math.round((at - heardAt) / 1000)} s`;
    },
  };
}
