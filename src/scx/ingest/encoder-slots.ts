/**
 * Who feeds the session here. Each priority has one seat, and a seat is a source for as long as the
 * SCX lives: whoever sits down goes on under the same id, with the next number and the last title. So
 * an encoder that comes back after a broken connection is the same source to everybody.
 *
 * "Mountpoint in use" is what users of such servers complain about most: the server has not noticed
 * yet that the old connection is dead. So who comes from the same place with the same program is
 * taken for the same encoder, and for others a seat is free when nothing was heard for two seconds.
 *
 * Bounded: 256 priorities.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import { drawId } from '../../runtime/secrets.js';
import type { Station } from '../lease.js';
import type { Identity } from '../listeners/listener-identities.js';
import type { FedSource, IngestStream } from './ingest-stream.js';

/** One source, with or without an encoder. */
export interface Seat extends FedSource {
  who: Identity;
  station: Station;
  /** Undefined before the first encoder; it may have ended. */
  stream: IngestStream | undefined;
}

/** The seats of one SCX. */
export interface Seats {
  /** The seat of a priority, if this encoder may have it now; undefined if somebody else feeds. */
  take(priority: number, who: Identity, now: number): Seat | undefined;
  /** The seat that a title is for: the mount's, or else that of the same machine. */
  find(priority: number | undefined, who: Identity): Seat | undefined;
  all(): readonly Seat[];
}

/** After so much silence a seat is free, ms. */
const SILENT_MS = 2000;

const NOBODY: Identity = { address: '', agent: '' };

const isOpen = ({ stream }: Seat): boolean => stream?.isOpen === true;

function createSeat(priority: number): Seat {
  return {
    id: drawId() as SourceId,
    priority,
    epoch: 0,
    nextAudio: 0,
    nextNotice: 0,
    title: undefined,
    frameAt: Number.NEGATIVE_INFINITY,
    who: NOBODY,
    station: { title: undefined, genre: undefined },
    stream: undefined,
  };
}

/** Nobody has sat down yet. `isRivalled`: another source of this priority is heard elsewhere. */
export function createSeats(
  isRivalled: (priority: number, own: SourceId | undefined) => boolean,
): Seats {
  const seats = new Map<number, Seat>();

  const isFree = (seat: Seat, who: Identity, now: number): boolean => {
    const isSame = seat.who.address === who.address && seat.who.agent === who.agent;
    return !isOpen(seat) || isSame || now - seat.frameAt > SILENT_MS;
  };

  return {
    take: (priority, who, now) => {
      const seat = seats.get(priority);
      if (isRivalled(priority, seat?.id)) return undefined;
      if (seat !== undefined) return isFree(seat, who, now) ? seat : undefined;
      const fresh = createSeat(priority);
      seats.set(priority, fresh);
      return fresh;
    },
    find: (priority, who) => {
      if (priority !== undefined) return seats.get(priority);
      const ranked = [...seats.values()].sort(
        (a, b) =>
          Number(isOpen(b)) - Number(isOpen(a)) ||
          Number(b.who.address === who.address) - Number(a.who.address === who.address) ||
          b.priority - a.priority,
      );
      return ranked[0];
    },
    all: () => [...seats.values()],
  };
}
