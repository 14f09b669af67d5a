/**
 * The slots of encoders. Each priority has one slot, and a slot is one source for as long as its
 * encoders have the same source key: the next one goes on under the same source id, with the next
 * number. So an encoder that comes back after a broken connection is the same source to everybody.
 *
 * "Mountpoint in use" is what users of such servers complain about most: the server has not noticed
 * yet that the old connection is dead. Two copies of one encoder would throw each other out for ever
 * if the new connection always won. So a connection loses its slot only when it is closed or silent,
 * and an encoder that asks for it has to wait until that is clear: a source that is heard STILL_HEARD_MS
 * after the request is alive, and one that is silent for MOUNT_SILENT_MS is not. The same holds for a
 * source of that priority elsewhere in the session, at another SCX or in another process.
 *
 * Bounded: 256 priorities.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { NO_DESCRIPTION } from '../../icecast/stream-description.js';
import { drawSourceId } from '../../overlay/lots/source-id.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import type { PublicKey } from '../../session/public-key.js';
import { MOUNT_SILENT_MS, STILL_HEARD_MS } from '../sources/source-timeouts.js';
import type { EncoderSource } from './encoder-source.js';
import type { IngestStream } from './ingest-stream.js';

/** One source, with or without an encoder. */
export interface EncoderSlot extends EncoderSource {
  /** The encoder that has it, or had it last. */
  client: ClientIdentity;
  /** The path at which that one feeds, as it wrote it; undefined if it is malformed. */
  mount: string | undefined;
  /** Undefined before the first encoder; it may have ended. */
  stream: IngestStream | undefined;
}

/** A source of a priority that is attached elsewhere in the session. */
export interface Rival {
  readonly source: SourceId;
  /** The instant of its last frame. */
  readonly heardAt: number;
}

/** The source that keeps an encoder out: an encoder here, or a source elsewhere. */
export type MountHolder = ClientIdentity | Pick<Rival, 'source'>;

/** The answer to an encoder that asks for a slot. */
export type Claim =
  | { readonly kind: 'free'; readonly slot: EncoderSlot }
  | { readonly kind: 'taken'; readonly by: MountHolder }
  /** It is not clear yet whether the source that has it is alive. */
  | { readonly kind: 'undecided' };

/** The slots of one SCX. */
export interface EncoderSlots {
  /** Whether an encoder that has asked at `since` may have the slot of a priority. */
  claim(priority: number, key: SigningKey, since: number, now: number): Claim;
  /**
   * The slot that a title belongs to: that of the priority, or else the client's most likely one;
   * only one of this key, if there is one.
   */
  find(
    priority: number | undefined,
    client: ClientIdentity,
    key?: PublicKey,
  ): EncoderSlot | undefined;
  all(): readonly EncoderSlot[];
}

const NO_CLIENT: ClientIdentity = { address: '', agent: '' };

const isOpen = ({ stream }: EncoderSlot): boolean => stream?.isOpen === true;

const createSlot = (priority: number, key: SigningKey): EncoderSlot => ({
  id: drawSourceId(key.publicKey),
  priority,
  key,
  epoch: 0,
  nextAudio: 0,
  nextNotice: 0,
  title: undefined,
  frameAt: Number.NEGATIVE_INFINITY,
  client: NO_CLIENT,
  mount: undefined,
  encoder: { mark: '', description: NO_DESCRIPTION },
  stream: undefined,
});

/** Slots that streams use first, then those of the same machine, then higher priorities. */
const byLikelihood =
  ({ address }: ClientIdentity) =>
  (a: EncoderSlot, b: EncoderSlot): number =>
    Number(isOpen(b)) - Number(isOpen(a)) ||
    Number(b.client.address === address) - Number(a.client.address === address) ||
    b.priority - a.priority;

/**
 * Creates the slots, all free. `rivalOf` returns the source of a priority, other than our own, that
 * was heard last elsewhere in the session.
 */
export function createEncoderSlots(
  rivalOf: (priority: number, own: SourceId | undefined) => Rival | undefined,
): EncoderSlots {
  const slots = new Map<number, EncoderSlot>();

  /** The slot of a priority; encoders with another key are another source. */
  const slotOf = (priority: number, key: SigningKey): EncoderSlot => {
    const before = slots.get(priority);
    if (before?.key.publicKey === key.publicKey) return before;
    before?.maker?.close();
    const slot = { ...createSlot(priority, key), client: before?.client ?? NO_CLIENT };
    slot.stream = before?.stream; // it is silent, and ended by the one that takes over
    slots.set(priority, slot);
    return slot;
  };

  /** Who has the slot of a priority, and when they were heard last. */
  const holderOf = (priority: number): { by: MountHolder; heardAt: number } | undefined => {
    const slot = slots.get(priority);
    const rival = rivalOf(priority, slot?.id);
    const own = slot !== undefined && isOpen(slot) ? slot : undefined;
    if (own !== undefined && own.frameAt >= (rival?.heardAt ?? own.frameAt)) {
      return { by: own.client, heardAt: own.frameAt };
    }
    return rival && { by: { source: rival.source }, heardAt: rival.heardAt };
  };

  return {
    claim: (priority, key, since, now) => {
      const holder = holderOf(priority);
      if (holder === undefined || now - holder.heardAt > MOUNT_SILENT_MS) {
        return { kind: 'free', slot: slotOf(priority, key) };
      }
      const { by, heardAt } = holder;
      return heardAt - since > STILL_HEARD_MS ? { kind: 'taken', by } : { kind: 'undecided' };
    },
    find: (priority, client, key) =>
      [...slots.values()]
        .filter((slot) => slot.priority === (priority ?? slot.priority))
        .filter((slot) => slot.key.publicKey === (key ?? slot.key.publicKey))
        .sort(byLikelihood(client))[0],
    all: () => [...slots.values()],
  };
}
