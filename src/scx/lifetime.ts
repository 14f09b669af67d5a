/**
 * The lifetime of an SCX. "When all clients of the SCX have left the session, the SCX too leaves
 * the session" (§2.5); a rendezvous point stays, because others look for the session there (§3.4).
 *
 * Beyond: it lingers, because the next listener may come a second later. And an SCX whose cluster is
 * gone for good must not run for ever on a machine where nobody knows of it.
 */

export interface LifetimeOptions {
  /** Without clients, an SCX ends after this time, ms. */
  readonly lingerMs: number;
  /** Without clients and without a front end, a rendezvous point ends after this time, ms. */
  readonly orphanMs: number;
}

/** Decides when an SCX ends. */
export interface Lifetime {
  /** The number of listeners and sources at this moment. */
  onClients(count: number, now: number): void;
  /** The front end has answered; `pinned`: this SCX stays without clients. */
  onFrontEnd(pinned: boolean, now: number): void;
  /** The reason to leave now; undefined: stay. */
  endReason(now: number): string | undefined;
}

/** Creates a lifetime that begins now, without clients. */
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
    onFrontEnd: (staysPinned, at) => {
      // The linger begins when the SCX is no longer pinned.
      if (isPinned && !staysPinned) idleSince = at;
      isPinned = staysPinned;
      heardAt = at;
    },
    endReason: (at) => {
      if (clients > 0) return undefined;
      const idleMs = at - idleSince;
      if (!isPinned && idleMs >= options.lingerMs) {
        return `no clients for ${Math.round(idleMs / 1000)} s`;
      }
      if (Math.min(idleMs, at - heardAt) < options.orphanMs) return undefined;
      return `no clients, and no front end for ${Math.round((at - heardAt) / 1000)} s`;
    },
  };
}
