/**
 * Decides whether a lot is believed, before any of its ADUs is heard, cached or forwarded: a listed
 * key has signed it, for this session, within the last minutes. Numbers do the rest: an ADU that is
 * played again has a number that was delivered before.
 *
 * A lot that was forged, or of a key that was never listed, is a fault of its sender. A lot that is
 * stale, or of a key that has been taken out, may come from an honest SCX: what is cached grows old,
 * and announcements do not reach all clusters at once.
 *
 * A lot comes from several parents, and in several datagrams: its signature is verified once. What
 * is kept for that is bounded by KNOWN_MAX lots.
 */
import type { Adu, Lot } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { CLOCKS_MS_MAX } from '../../runtime/steady-time.js';
import { adusIn, completeStatement, type LotFrame } from '../../wire/lot-codec.js';
import { signedBytes, treeHash } from './lot-statement.js';
import type { SourceTrust } from './source-trust.js';

/**
 * Why a lot is refused: no such key in the announcement; the key was there; too old, or from the
 * future; the signature is not that key's.
 */
export const LOT_REFUSALS = ['unlisted', 'removed', 'stale', 'forged'] as const;
export type LotRefusal = (typeof LOT_REFUSALS)[number];

/** Whether the sender must have known. */
export const isFault = (why: LotRefusal): boolean => why === 'unlisted' || why === 'forged';

type Checked =
  | { readonly kind: 'believed'; readonly adus: readonly Adu[] }
  | { readonly kind: 'refused'; readonly why: LotRefusal };

export type CheckLot = (frame: LotFrame) => Checked;

export interface LotCheckOptions {
  /** The session's id. */
  readonly session: string;
  /**
   * Whether something always comes on a channel. What is still kept of the others may be of long
   * ago: a title holds until there is another.
   */
  isLive(channel: number): boolean;
  readonly trust: SourceTrust;
  /** ms since 1970. */
  now(): number;
  onRefused(why: LotRefusal): void;
}

/** Lots that were verified: those of the last seconds of a few sources. Guess. */
const KNOWN_MAX = 256;

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Creates the check of all lots that reach one SCX. */
export function createLotCheck(options: LotCheckOptions): CheckLot {
  const { session, isLive, trust, now } = options;
  const known = createBoundedMap<string, Lot>(KNOWN_MAX);

  const isStale = ({ channel, timeMs }: Lot): boolean => {
    const ageMs = now() - timeMs;
    return ageMs < -CLOCKS_MS_MAX || (isLive(channel) && ageMs > CLOCKS_MS_MAX);
  };

  const isSigned = (lot: Lot): boolean => {
    const bytes = signedBytes(session, lot.statement);
    return trust.keysOf(lot.source).some(({ verify }) => verify('lot', bytes, lot.signature));
  };

  /** The lot that was verified before, if it is the same; else this one, if it is signed. */
  const verified = (lot: Lot): Lot | undefined => {
    const key = `${lot.source}/${lot.channel}/${lot.first}/${lot.count}`;
    const found = known.get(key);
    const isKnown = found !== undefined && isSame(found.statement, lot.statement);
    if (isKnown && isSame(found.signature, lot.signature)) return found;
    if (trust.isListed && !isSigned(lot)) return undefined;
    known.set(key, lot);
    return lot;
  };

  const refusalOf = ({ lot }: LotFrame): LotRefusal | undefined => {
    if (trust.isListed && trust.keysOf(lot.source).length === 0) {
      return trust.wasRemoved(lot.source) ? 'removed' : 'unlisted';
    }
    return isStale(lot) ? 'stale' : undefined;
  };

  const refuse = (why: LotRefusal): Checked => {
    options.onRefused(why);
    return { kind: 'refused', why };
  };

  return (frame) => {
    const refusal = refusalOf(frame);
    if (refusal !== undefined) return refuse(refusal);
    completeStatement(frame, treeHash);
    const lot = verified(frame.lot);
    return lot === undefined ? refuse('forged') : { kind: 'believed', adus: adusIn(frame, lot) };
  };
}
