/**
 * The source keys of a session, as its announcement lists them: who is heard. A key that is taken
 * out ends its sources at once. It is remembered for a while, as neighbours that have not learned of
 * it yet still forward what it signed, which is no fault of theirs.
 *
 * Bounded: SOURCE_KEYS_MAX keys, and REMOVED_MAX that were removed.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { type Verify, verifierOf } from '../../runtime/signing-key.js';
import { hasEnded, type SourceKey } from '../../session/source-key.js';
import { prefixOf, sourcePrefix } from './source-id.js';

/** A key that may sign for a source. */
interface TrustedKey {
  readonly source: SourceKey;
  readonly verify: Verify;
}

/** The source keys of one session. */
export interface SourceTrust {
  /** False: there is no list, and all sources are believed. */
  readonly isListed: boolean;
  /** The keys that may sign for a source now: usually one. */
  keysOf(source: SourceId): readonly TrustedKey[];
  /** Whether a key that could have signed for the source has been taken out, or has ended. */
  wasRemoved(source: SourceId): boolean;
  /** Replaces the list. */
  setKeys(keys: readonly SourceKey[]): void;
}

const REMOVED_MAX = 64;

const trusted = (source: SourceKey): TrustedKey => ({ source, verify: verifierOf(source.key) });

/** Creates the trust in a list of keys; undefined: all sources. `now`: ms since 1970. */
export function createSourceTrust(
  first: readonly SourceKey[] | undefined,
  now: () => number,
): SourceTrust {
  /** By the first digits of their sources' ids. */
  let listed = new Map<string, TrustedKey[]>();
  const removed = createBoundedMap<string, true>(REMOVED_MAX);
  let isListed = first !== undefined;

  const setKeys = (keys: readonly SourceKey[]): void => {
    isListed = true;
    const before = listed;
    listed = new Map();
    for (const source of keys) {
      const prefix = sourcePrefix(source.key);
      listed.set(prefix, [...(listed.get(prefix) ?? []), trusted(source)]);
    }
    for (const prefix of before.keys()) if (!listed.has(prefix)) removed.set(prefix, true);
  };
  setKeys(first ?? []);
  isListed = first !== undefined;

  const isActive = ({ source }: TrustedKey): boolean => !hasEnded(source, now());
  return {
    get isListed() {
      return isListed;
    },
    keysOf: (source) => listed.get(prefixOf(source))?.filter(isActive) ?? [],
    wasRemoved: (source) => {
      const prefix = prefixOf(source);
      return removed.has(prefix) || listed.get(prefix)?.some((key) => !isActive(key)) === true;
    },
    setKeys,
  };
}
