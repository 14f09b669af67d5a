/**
 * Who feeds the session here. Each priority has one slot, and a slot is a source for as long as the
 * SCX lives: whoever sits down goes on under the same id, with the next number and the last title. So
 * an encoder that comes back after a broken connection is the same source to everybody.
 *
 * "Mountpoint in use" is what users of such servers complain about most: the server has not noticed
 * yet that the old connection is dead. So who comes from the same place with the same program is
 * taken for the same encoder, and for others a slot is free when nothing was heard for two seconds.
 *
 * Bounded: 256 priorities.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { NO_DESCRIPTION, type StreamDescription } from '../../icecast/stream-description.js';
import { drawId } from '../../runtime/secrets.js';
import type { FedSource, IngestStream } from './ingest-stream.js';

/** One source, with or without an encoder. */
export interface EncoderSlot extends FedSource {
  who: ClientIdentity;
  description: StreamDescription;
  /** Undefined before the first encoder; it may have ended. */
  stream: IngestStream | undefined;
}

/** The slots of one SCX. */
export interface EncoderSlots {
  /** The slot of a priority, if this encoder may have it now; undefined if somebody else feeds. */
  take(priority: number, who: ClientIdentity, now: number): EncoderSlot | undefined;
  /** The slot that a title is for: the mount's, or else that of the same machine. */
  find(priority: number | undefined, who: ClientIdentity): EncoderSlot | undefined;
  all(): readonly EncoderSlot[];
}

/** After so much silence a slot is free, ms. */
const SILENT_MS = 2000;

const NOBODY: ClientIdentity = { address: '', agent: '' };

const isOpen = ({ stream }: EncoderSlot): boolean => stream?.isOpen === true;

function createSeat(priority: number): EncoderSlot {
  return {
    id: drawId() as SourceId,
    priority,
    epoch: 0,
    nextAudio: 0,
    nextNotice: 0,
    title: undefined,
    frameAt: Number.NEGATIVE_INFINITY,
    who: NOBODY,
    description: NO_DESCRIPTION,
    stream: undefined,
  };
}

/** Nobody has sat down yet. `isRivalled`: another source of this priority is heard elsewhere. */
export function createEncoderSlots(
  isRivalled: (priority: number, own: SourceId | undefined) => boolean,
): EncoderSlots {
  const slots = new Map<number, EncoderSlot>();

  const isFree = (slot: EncoderSlot, who: ClientIdentity, now: number): boolean => {
    const isSame = slot.who.address === who.address && slot.who.agent === who.agent;
    return !isOpen(slot) || isSame || now - slot.frameAt > SILENT_MS;
  };

  return {
    take: (priority, who, now) => {
      const slot = slots.get(priority);
      if (isRivalled(priority, slot?.id)) return undefined;
      if (slot !== undefined) return isFree(slot, who, now) ? slot : undefined;
      const fresh = createSeat(priority);
      slots.set(priority, fresh);
      return fresh;
    },
    find: (priority, who) => {
      if (priority !== undefined) return slots.get(priority);
      const ranked = [...slots.values()].sort(
        (a, b) =>
          Number(isOpen(b)) - Number(isOpen(a)) ||
          Number(b.who.address === who.address) - Number(a.who.address === who.address) ||
          b.priority - a.priority,
      );
      return ranked[0];
    },
    all: () => [...slots.values()],
  };
}
