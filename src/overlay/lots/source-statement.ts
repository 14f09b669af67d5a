/**
 * The statement of a source: that it is attached to this SCX, with this epoch and this priority.
 * Routes carry it (routing updates of §3.7), so that no SCX can invent a source, raise its priority,
 * or claim that it is attached elsewhere. That it is still attached there is the SCX's word
 * (listings.ts).
 *
 * A message in which a statement is forged is a fault of the neighbour that sent it. A source whose
 * key is not listed here, or not any more, is only left out: announcements do not reach all clusters
 * at once. Statements are renewed, and old ones are left out as well.
 */
import type { Message, Route } from '../../gossamer/core/message.js';
import type { NodeId, Source, Statement } from '../../gossamer/core/node.js';
import { type SigningKey, verifierOf } from '../../runtime/signing-key.js';
import { CLOCKS_MS_MAX, steadyTimeMs } from '../../runtime/steady-time.js';
import type { PublicKey } from '../../session/public-key.js';
import { createVerifiedOnce } from '../tls/verified-once.js';
import type { Listings } from './listings.js';
import type { LotRefusal } from './lot-check.js';
import type { SourceTrust } from './source-trust.js';

/** What a source says about itself. */
export interface Stated {
  /** The session's id. */
  readonly session: string;
  readonly scx: NodeId;
  readonly source: Source;
  readonly timeMs: number;
}

/** The bytes that are signed. */
export function statementBytes({ session, scx, source, timeMs }: Stated): Uint8Array {
  const { id, epoch, priority } = source;
  return Buffer.from([session, scx, id, epoch, priority, timeMs].join('\n'));
}

/** An SCX in a session. */
interface Where {
  readonly session: string;
  readonly scx: NodeId;
}

/**
 * Whether a source's statement that it is attached to `scx` is signed by this key, and not of
 * another time.
 */
export function isStatedBy(source: Source, key: PublicKey, where: Where, now: number): boolean {
  if (source.statement === undefined) return false;
  const { timeMs, signature } = source.statement;
  if (Math.abs(now - timeMs) > CLOCKS_MS_MAX) return false;
  return verifierOf(key)('source', statementBytes({ ...where, source, timeMs }), signature);
}

/** A source with its statement that it is attached to `scx`. */
export function signSource(
  source: Source,
  where: Where & { readonly key: SigningKey },
  timeMs = steadyTimeMs(),
): Source {
  const { session, scx, key } = where;
  const signature = key.sign('source', statementBytes({ session, scx, source, timeMs }));
  return { ...source, statement: { timeMs, signature } };
}

/**
 * The message with the sources that are believed, or `undefined` if one of them is forged. Only
 * routes are looked at.
 */
export type CheckRoutes = (message: Message) => Message | undefined;

export interface RouteCheckOptions {
  /** The session's id. */
  readonly session: string;
  readonly trust: SourceTrust;
  readonly listings: Pick<Listings, 'isListed'>;
  /** ms since 1970. */
  now(): number;
  onRefused(why: LotRefusal): void;
}

/** How often a source states anew where it is attached, ms. */
export const STATE_AGAIN_MS = 120_000;

/**
 * An older statement is not believed, ms: whose clock is wrong by as much as lots may be, and whose
 * next statement is still on its way, is believed. A recorded one keeps a source that has ended in
 * no table for longer. Guess.
 */
const STATEMENT_AGE_MS_MAX = CLOCKS_MS_MAX + 2 * STATE_AGAIN_MS;

/** Statements that were verified: more than the longest update has. */
const KNOWN_MAX = 2048;

/** Creates the check of all routes that reach one SCX. */
export function createRouteCheck(options: RouteCheckOptions): CheckRoutes {
  const { session, trust, listings, now, onRefused } = options;
  const isVerified = createVerifiedOnce(KNOWN_MAX);

  const isSigned = (source: Source, scx: NodeId): boolean => {
    if (source.statement === undefined) return false;
    const { timeMs, signature } = source.statement;
    const bytes = statementBytes({ session, scx, source, timeMs });
    const verify = (): boolean =>
      trust.keysOf(source.id).some((key) => key.verify('source', bytes, signature));
    return isVerified(Buffer.from(bytes).toString('latin1'), signature, verify);
  };

  /** Whether a key that is listed allows the source's priority. */
  const isAllowed = ({ id, priority }: Source): boolean =>
    trust.keysOf(id).some(({ source: { priorityMax } }) => priority <= priorityMax);

  const isStale = ({ timeMs }: Statement): boolean => {
    const ageMs = now() - timeMs;
    return ageMs < -CLOCKS_MS_MAX || ageMs > STATEMENT_AGE_MS_MAX;
  };

  const refusalOf = (source: Source, route: Route): LotRefusal | undefined => {
    if (!isAllowed(source)) return trust.wasRemoved(source.id) ? 'removed' : 'unlisted';
    if (source.statement !== undefined && isStale(source.statement)) return 'stale';
    const isProven = isSigned(source, route.scx) && listings.isListed(route, source);
    return isProven ? undefined : 'forged';
  };

  /** The believed sources of a route; undefined: one of them is forged. */
  const believed = (route: Route): readonly Source[] | undefined => {
    const kept: Source[] = [];
    for (const source of route.sources) {
      const why = refusalOf(source, route);
      if (why === undefined) kept.push(source);
      else onRefused(why);
      if (why === 'forged') return undefined;
    }
    return kept;
  };

  /** The routes that lead to a believed source; undefined: a source is forged. */
  const checked = (routes: readonly Route[]): readonly Route[] | undefined => {
    const kept: Route[] = [];
    for (const route of routes) {
      const sources = believed(route);
      if (sources === undefined) return undefined;
      if (sources.length > 0) kept.push({ ...route, sources });
    }
    return kept;
  };

  return (message) => {
    if (!trust.isListed || (message.kind !== 'update' && message.kind !== 'status')) return message;
    const routes = checked(message.routes);
    if (routes === undefined) return undefined;
    if (message.kind === 'status') return { ...message, routes };
    const isKept = (scx: NodeId): boolean => routes.some((route) => route.scx === scx);
    const left = message.routes.map(({ scx }) => scx).filter((scx) => !isKept(scx));
    return { ...message, routes, lost: [...message.lost, ...left] };
  };
}
