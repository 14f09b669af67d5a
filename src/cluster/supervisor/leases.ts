/**
 * What the SCXs told of themselves last: soft state, learnt again within a second or two by a
 * front end that is restarted. The supervisor decides by the same leases; this is for showing.
 */
import type { ScxStatus } from '../../api/scx-status.js';

export interface Leases {
  renew(status: ScxStatus, now: number): void;
  drop(id: string): void;
  /** The SCXs of a session, by id. */
  of(session: string, now: number): readonly ScxStatus[];
  /** All live SCXs, by session and id. */
  all(now: number): readonly ScxStatus[];
}

const byName = (a: ScxStatus, b: ScxStatus): number =>
  a.session === b.session ? (a.id < b.id ? -1 : 1) : a.session < b.session ? -1 : 1;

/** No lease yet; each ends `leaseMs` after its last renewal. Bounded by who may renew. */
export function createLeases(leaseMs: number): Leases {
  const leases = new Map<string, { readonly status: ScxStatus; readonly until: number }>();
  const all = (now: number): ScxStatus[] => {
    for (const [id, { until }] of leases) if (until <= now) leases.delete(id);
    return [...leases.values()].map(({ status }) => status).sort(byName);
  };
  return {
    renew: (status, now) => {
      leases.set(status.id, { status, until: now + leaseMs });
    },
    drop: (id) => {
      leases.delete(id);
    },
    of: (session, now) => all(now).filter((status) => status.session === session),
    all,
  };
}
