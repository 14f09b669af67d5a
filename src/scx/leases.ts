/**
 * The leases of an SCX: one with each front end of its cluster (lease.ts). So every front end knows
 * every SCX by itself, at the same time, and none has to tell the others; and the death of one is
 * noticed by nobody here.
 *
 * Front ends come and go; each answer says which there are. They may disagree for a moment: an SCX
 * stays without clients as long as one of them wants it to, and plays the fallback that one of them
 * names.
 *
 * Bounded: FRONT_ENDS_MAX.
 */
import { FRONT_ENDS_MAX } from '../api/swarm/scx-service.js';
import type { ClusterCertificate } from './front-end/cluster-certificate.js';
import { type Lease, type LeaseOptions, type LeaseTerms, startLease } from './lease.js';
import { createRemoteFallbacks } from './sources/remote-fallback.js';

export interface LeasesOptions extends Omit<LeaseOptions, 'url'> {
  /** The front ends that are known at the start, one at least. */
  readonly urls: readonly string[];
  /** Ms, monotonic. */
  now(): number;
  /** The certificates of the front ends that answer. */
  readonly onCertificates?: ClusterCertificate['onOffered'] | undefined;
}

interface Held {
  readonly lease: Lease;
  /** Of the last answer. */
  terms: LeaseTerms | undefined;
  fallback: LeaseTerms['fallback'];
  answeredAt: number;
}

/** The terms of a front end that has been silent for longer do not count, ms. Guess. */
const FRESH_MS = 10_000;

/** Starts the leases. */
export function startLeases(options: LeasesOptions): Lease {
  const { urls, now, onRenewed } = options;
  const leases = new Map<string, Held>();
  let isStopped = false;

  const remote = createRemoteFallbacks({ token: options.token, log: options.log });

  const freshLeases = (): readonly Held[] =>
    [...leases.values()].filter(({ answeredAt }) => now() - answeredAt < FRESH_MS);

  /** A file on this machine; null: none; undefined: as before. */
  const fallbackOf = (url: string, { fallback, remoteFallback }: LeaseTerms) => {
    if (remoteFallback === undefined) return fallback;
    return remoteFallback && remote.localOf(url, remoteFallback);
  };

  /** Leases with exactly these front ends; the others are ended. */
  const follow = (wanted: readonly string[]): void => {
    if (isStopped || wanted.length === 0) return;
    for (const [url, { lease }] of leases) {
      if (wanted.includes(url)) continue;
      lease.stop();
      leases.delete(url);
    }
    for (const url of wanted.slice(0, FRONT_ENDS_MAX)) if (!leases.has(url)) open(url);
  };

  const tellCertificates = (): void => {
    const offered = [...leases].flatMap(([url, { terms, answeredAt }]) => {
      const mark = now() - answeredAt < FRESH_MS ? terms?.certificate : undefined;
      return mark === undefined ? [] : [{ url, mark }];
    });
    options.onCertificates?.(offered);
  };

  const onTerms = (url: string, terms: LeaseTerms): void => {
    const held = leases.get(url);
    if (held === undefined) return;
    held.terms = terms;
    held.answeredAt = now();
    held.fallback = fallbackOf(url, terms);
    const all = freshLeases();
    tellCertificates();
    const fallback = held.fallback ?? all.find((other) => other.fallback)?.fallback;
    const pinned = all.some((other) => other.terms?.pinned);
    onRenewed({ ...terms, pinned, fallback: fallback ?? held.fallback });
    if (terms.frontEnds !== undefined) follow(terms.frontEnds);
  };

  const open = (url: string): void => {
    const lease = startLease({ ...options, url, onRenewed: (terms) => onTerms(url, terms) });
    leases.set(url, {
      ...{ lease, terms: undefined, fallback: undefined },
      answeredAt: Number.NEGATIVE_INFINITY,
    });
  };

  follow(urls);
  return {
    renewNow: () => {
      for (const { lease } of leases.values()) lease.renewNow();
    },
    // Of all: only some may know what is asked for.
    renewed: async () => {
      await Promise.all([...leases.values()].map(({ lease }) => lease.renewed()));
    },
    stop: () => {
      isStopped = true;
      for (const { lease } of leases.values()) lease.stop();
    },
  };
}
