/**
 * Whom we may be made to connect to. The addresses of SCXs come from announcements, from gossip and
 * from HELLOs, and anybody may name one: without rules a lie would lead us into our own network, or
 * make every SCX of a session hammer a stranger's server.
 *
 * - The rules for addresses (address-rules.ts) hold for each connection, and are applied to what a
 *   name resolves to in the lookup of the connection itself. An SCX that advertises a private
 *   address lives in such a network, and connects to private addresses, too.
 * - Each target (an IPv4 address, or an IPv6 /64 network) has a budget of attempts. An attempt that
 *   finds an SCX of our session costs nothing, and an address at which there was one a moment ago
 *   needs no budget, so lies about its host do not cut off an honest SCX.
 */
import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Address } from '../../gossamer/core/node.js';
import { classifyAddress } from '../../http/client/address-rules.js';
import { filteredLookup } from '../../http/client/filtered-lookup.js';
import { isLoopback, limitedAs } from '../../http/ip-address.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { plainAddress, splitHostPort } from '../../lib/host-port.js';
import type { OverlayCounters } from './counters.js';
import type { OverlayLimits } from './limits.js';

/** Of the addresses that a name resolves to, as many are tried: IPv6 and IPv4. */
const TRIED_MAX = 2;

const FORBIDDEN = new Error('no public address: SCXs connect there only with --allow-private');
const OVER_BUDGET = new Error('too many attempts at this host have failed');

const problemOf = (found: unknown): Error | undefined =>
  found instanceof Error ? found : undefined;

/** One attempt to connect. */
export interface Attempt {
  /** For `connect`: fails where we may not connect to. */
  readonly lookup: LookupFunction;
  /** Why a literal IP address, which is not looked up, may not be tried; undefined: it may. */
  readonly objection: Error | undefined;
  /** An SCX of our session has answered there. */
  onProven(): void;
  /** Nothing, or something else, has answered. */
  onFailed(): void;
}

export interface Targets {
  attempt(to: Address): Attempt;
}

/** The network to which an SCX belongs by the address that it advertises. */
export type Scope = 'public' | 'private' | 'loopback';

export interface TargetsOptions {
  readonly limits: Pick<OverlayLimits, 'targetBurst' | 'targetIntervalMs' | 'peersMax'>;
  readonly counters: OverlayCounters;
  /** Whether private addresses are allowed wherever we are. */
  readonly allowPrivate: boolean;
  /** The host that we advertise ourselves: other SCXs of our cluster are there, too. */
  readonly ownHost: string;
  readonly ownScope: Scope;
}

/** The network to which an IP address belongs. */
const scopeOf = (ip: string): Scope =>
  isLoopback(ip) ? 'loopback' : classifyAddress(ip) === 'private' ? 'private' : 'public';

/** The network of a host that may be a name; a name that cannot be resolved counts as public. */
export function findScope(host: string): Promise<Scope> {
  return new Promise((done) => {
    resolve(host, (error, ip) => done(error === null ? scopeOf(plainAddress(ip)) : 'public'));
  });
}

/** Creates the rules; nothing has been tried. */
export function createTargets(options: TargetsOptions): Targets {
  const { limits, counters, allowPrivate, ownHost, ownScope } = options;
  /** Addresses at which an SCX of our session answered last. */
  const proven = createBoundedMap<Address, true>(limits.peersMax);
  const budgets = createBoundedMap<string, TokenBucket>(limits.peersMax);

  const budgetOf = (ip: string): TokenBucket => {
    const known = budgets.use(limitedAs(ip));
    if (known !== undefined) return known;
    const budget = createTokenBucket(limits.targetBurst, limits.targetIntervalMs);
    budgets.set(limitedAs(ip), budget);
    return budget;
  };

  const isAllowed = (host: string, ip: string): boolean => {
    if (host === ownHost) return true;
    const found = classifyAddress(plainAddress(ip));
    return found === 'private' ? allowPrivate || scopeOf(ip) === ownScope : found === 'public';
  };

  return {
    attempt: (to) => {
      const { host } = splitHostPort(to);
      const taken: TokenBucket[] = [];

      const hasBudget = (ip: string): boolean => {
        if (proven.has(to)) return true;
        const budget = budgetOf(ip);
        if (!budget.take(performance.now())) return false;
        taken.push(budget);
        return true;
      };

      /** Those of the addresses that may be tried now, or why none may. */
      const choose = <At extends { readonly address: string }>(
        found: readonly At[],
      ): At[] | Error => {
        const allowed = found.filter(({ address }) => isAllowed(host, address));
        if (allowed.length === 0) {
          counters.connectsForbidden++;
          return FORBIDDEN;
        }
        const chosen = allowed.slice(0, TRIED_MAX).filter(({ address }) => hasBudget(address));
        if (chosen.length > 0) return chosen;
        counters.connectsOverBudget++;
        return OVER_BUDGET;
      };

      return {
        objection: isIP(host) === 0 ? undefined : problemOf(choose([{ address: host }])),
        lookup: filteredLookup(choose),
        onProven: () => {
          proven.set(to, true);
          for (const budget of taken) budget.giveBack();
        },
        onFailed: () => void proven.delete(to),
      };
    },
  };
}
