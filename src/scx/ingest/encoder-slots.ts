/**
 * The slots of encoders. Each priority has one slot, and a slot is one source for as long as the SCX
 * lives: the next encoder in it goes on under the same source id, with the next number and the last
 * title. So an encoder that comes back after a broken connection is the same source to everybody.
 *
 * "Mountpoint in use" is what users of such servers complain about most: the server has not noticed
 * yet that the old connection is dead. So a client with the same address and program is taken for the
 * same encoder, and for others a slot is free after SLOT_SILENT_MS without a frame.
 *
 * Bounded: 256 priorities.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { NO_DESCRIPTION, type StreamDescription } from '../../icecast/stream-description.js';
import { drawId } from '../../runtime/secrets.js';
import { SLOT_SILENT_MS } from '../sources/source-timeouts.js';
import type { EncoderSource } from './encoder-source.js';
import type { IngestStream } from './ingest-stream.js';

/** One source, with or without an encoder. */
export interface EncoderSlot extends EncoderSource {
  /** The encoder that has it, or had it last. */
  client: ClientIdentity;
  description: StreamDescription;
  /** Undefined before the first encoder; it may have ended. */
  stream: IngestStream | undefined;
}

/** The slots of one SCX. */
export interface EncoderSlots {
  /** The slot of a priority, if this client may have it now; undefined if another source has it. */
  take(priority: number, client: ClientIdentity, now: number): EncoderSlot | undefined;
  /** The slot that a title belongs to: that of the priority, or else the client's most likely one. */
  find(priority: number | undefined, client: ClientIdentity): EncoderSlot | undefined;
  all(): readonly EncoderSlot[];
}

const NO_CLIENT: ClientIdentity = { address: '', agent: '' };

const isOpen = ({ stream }: EncoderSlot): boolean => stream?.isOpen === true;

const createSlot = (priority: number): EncoderSlot => ({
  id: drawId() as SourceId,
  priority,
  epoch: 0,
  nextAudio: 0,
  nextNotice: 0,
  title: undefined,
  frameAt: Number.NEGATIVE_INFINITY,
  client: NO_CLIENT,
  description: NO_DESCRIPTION,
  stream: undefined,
});

function isFree(slot: EncoderSlot, client: ClientIdentity, now: number): boolean {
  const isSame = slot.client.address === client.address && slot.client.agent === client.agent;
  return !isOpen(slot) || isSame || now - slot.frameAt > SLOT_SILENT_MS;
}

/** Slots that streams use first, then those of the same machine, then higher priorities. */
const byLikelihood =
  ({ address }: ClientIdentity) =>
  (a: EncoderSlot, b: EncoderSlot): number =>
    Number(isOpen(b)) - Number(isOpen(a)) ||
    Number(b.client.address === address) - Number(a.client.address === address) ||
    b.priority - a.priority;

/**
 * Creates the slots, all free. `isRivalled` returns whether another source of this priority is
 * heard elsewhere.
 */
export function createEncoderSlots(
  isRivalled: (priority: number, own: SourceId | undefined) => boolean,
): EncoderSlots {
  const slots = new Map<number, EncoderSlot>();
  return {
    take: (priority, client, now) => {
      const slot = slots.get(priority);
      if (isRivalled(priority, slot?.id)) return undefined;
      if (slot !== undefined) return isFree(slot, client, now) ? slot : undefined;
      const fresh = createSlot(priority);
      slots.set(priority, fresh);
      return fresh;
    },
    find: (priority, client) =>
      priority === undefined
        ? [...slots.values()].sort(byLikelihood(client))[0]
        : slots.get(priority),
    all: () => [...slots.values()],
  };
}
