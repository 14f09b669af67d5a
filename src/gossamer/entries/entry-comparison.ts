/**
 * Compares our entries with those of a neighbour (anti-entropy): first one sum, then the sums of the
 * buckets, then the stamps in the buckets that differ. Each side asks for what it lacks
 * (entry-requests.ts). Whatever was missed for whatever reason is found this way: while an SCX was
 * away, behind a partition, or was refused for the rate of its author.
 *
 * A comparison costs the neighbour work, so the number of those that it may cause is bounded.
 */
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { type Context, send } from '../core/context.js';
import type { EntryStamp } from '../core/entry.js';
import type { EntryMessage } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';
import { inParts, STAMPS_PER_MESSAGE } from './entry-push.js';
import { BUCKETS, type EntryTable } from './entry-table.js';

/** Digests of one neighbour that are compared at once, and in the long run, ms each. Guess. */
const DIGESTS_MAX = 16;
const DIGEST_MS = 1000;

/** Buckets that one neighbour may ask about at once, and in the long run, ms each. Guess. */
const ASKED_MAX = 8 * BUCKETS;
const ASKED_MS = 50;

const BUCKET_BYTES = 4;
const SALT_SPAN = 2 ** 32;

type Digest = Extract<EntryMessage, { readonly kind: 'entryDigest' }>;
type Haves = Extract<EntryMessage, { readonly kind: 'entryHaves' }>;

export interface EntryComparison {
  onEdgeUp(member: Member): void;
  onEdgeDown(id: NodeId): void;
  /** Begins to compare with one neighbour, or with all of them. */
  begin(id: NodeId): void;
  beginAll(): void;
  /** Begins to compare with one that is drawn. */
  beginAny(): void;
  handleDigest(from: Member, digest: Digest, now: number): void;
  /** Answers a neighbour that asks what we have in some buckets. */
  handleQuestion(from: Member, haves: Haves, now: number): void;
}

interface Neighbour {
  readonly member: Member;
  readonly digests: TokenBucket;
  readonly asked: TokenBucket;
}

const total = (sums: Uint32Array): number => sums.reduce((sum, each) => (sum + each) >>> 0, 0);

function toBytes(sums: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(sums.length * BUCKET_BYTES));
  for (const [index, sum] of sums.entries()) view.setUint32(index * BUCKET_BYTES, sum);
  return new Uint8Array(view.buffer);
}

/** The buckets whose sums differ; those that are missing in `bytes` do. */
function differing(sums: Uint32Array, bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sumAt = (index: number): number | undefined =>
    (index + 1) * BUCKET_BYTES <= bytes.length ? view.getUint32(index * BUCKET_BYTES) : undefined;
  return [...sums.keys()].filter((index) => sumAt(index) !== sums[index]);
}

/** Creates comparisons of an SCX without neighbours. */
export function createEntryComparison(context: Context, table: EntryTable): EntryComparison {
  const { rng } = context;
  const neighbours = new Map<NodeId, Neighbour>();

  const beginWith = ({ member }: Neighbour): void => {
    const salt = rng.below(SALT_SPAN);
    const sum = total(table.sums(salt));
    send(context, member.address, { kind: 'entryDigest', salt, sum, buckets: null });
  };

  /** Names all that we have in some buckets, and asks for what the neighbour has there. */
  const ask = ({ address }: Member, buckets: readonly number[]): void => {
    let asked: number[] = [];
    let stamps: EntryStamp[] = [];
    const tell = (): void => {
      const [first = [], ...more] = inParts(stamps, STAMPS_PER_MESSAGE);
      send(context, address, { kind: 'entryHaves', buckets: asked, stamps: first });
      for (const part of more) {
        send(context, address, { kind: 'entryHaves', buckets: [], stamps: part });
      }
      asked = [];
      stamps = [];
    };
    for (const bucket of buckets) {
      const inside = table.stampsIn(bucket);
      if (asked.length > 0 && stamps.length + inside.length > STAMPS_PER_MESSAGE) tell();
      asked.push(bucket);
      stamps.push(...inside);
    }
    if (asked.length > 0) tell();
  };

  return {
    onEdgeUp: (member) => {
      const digests = createTokenBucket(DIGESTS_MAX, DIGEST_MS);
      const asked = createTokenBucket(ASKED_MAX, ASKED_MS);
      neighbours.set(member.id, { member, digests, asked });
    },
    onEdgeDown: (id) => void neighbours.delete(id),
    begin: (id) => {
      const neighbour = neighbours.get(id);
      if (neighbour !== undefined) beginWith(neighbour);
    },
    beginAll: () => {
      for (const neighbour of neighbours.values()) beginWith(neighbour);
    },
    beginAny: () => {
      const drawn = rng.pick([...neighbours.values()]);
      if (drawn !== undefined) beginWith(drawn);
    },
    handleDigest: (from, { salt, sum, buckets }, now) => {
      if (neighbours.get(from.id)?.digests.take(now) !== true) return;
      const sums = table.sums(salt);
      if (buckets !== null) return ask(from, differing(sums, buckets));
      const own = total(sums);
      if (own === sum) return;
      const digest = { kind: 'entryDigest', salt, sum: own, buckets: toBytes(sums) } as const;
      send(context, from.address, digest);
    },
    handleQuestion: (from, { buckets, stamps }, now) => {
      const asked = neighbours.get(from.id)?.asked;
      const theirs = new Map(
        stamps.map((stamp) => [`${stamp.author}${stamp.slot}`, stamp.issuedMs]),
      );
      const isNewer = ({ author, slot, issuedMs }: EntryStamp): boolean =>
        (theirs.get(`${author}${slot}`) ?? -1) < issuedMs;
      const ours = buckets.flatMap((bucket) =>
        asked?.take(now) === true ? table.stampsIn(bucket).filter(isNewer) : [],
      );
      for (const part of inParts(ours, STAMPS_PER_MESSAGE)) {
        send(context, from.address, { kind: 'entryHaves', buckets: [], stamps: part });
      }
    },
  };
}
