/**
 * One client that receives: a cursor into the log of each of its channels. It is sent what it has not
 * had, as fast as it reads. A client that reads too slowly for long goes on with what is recent, and
 * sees by the numbers what it has missed. A client that is moved to the group of the local network is sent
 * what is before the places where the group begins, and no more of these channels until it comes back.
 *
 * Bounded: the channels of the session, and POSITIONS_MAX sources of each.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { type BoundedMap, createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { Place } from '../../multicast/group-content.js';
import type { ReceiverConnection } from '../../overlay/data/receiver-connection.js';
import type { Position } from '../../wire/hello.js';
import type { AduFeed } from './adu-feed.js';
import type { AduLog } from './adu-log.js';

export interface Receiver {
  /** Sends what the client can take now; returns the number of its jumps over dropped ADUs. */
  serve(now: number): number;
  /** What is at these places and behind them goes to the group. */
  moveTo(places: readonly Place[]): void;
  /** Where the group begins for this client, once all that is before it was sent; undefined: not yet. */
  moved(): readonly Place[] | undefined;
  /** Sends over the connection again, what follows on these positions. */
  comeBack(positions: readonly Position[], now: number): void;
}

interface Cursor {
  readonly channel: number;
  readonly log: AduLog;
  /** The numbers that it is sent next. */
  readonly positions: BoundedMap<SourceId, number>;
  /** What it gets before that. */
  first: readonly Adu[];
  next: number;
  /** From here on the group has it; Infinity: the client is not on it. */
  end: number;
}

const POSITIONS_MAX = 64;

function createCursor(log: AduLog, channel: number, has: readonly Position[], now: number): Cursor {
  const positions = createBoundedMap<SourceId, number>(POSITIONS_MAX);
  for (const { source, next, channel: its } of has) {
    if (its === channel) positions.set(source, next);
  }
  const { first, cursor } = log.begin(new Map(positions.entries()), now);
  return { channel, log, positions, first, next: cursor, end: Number.POSITIVE_INFINITY };
}

/** Creates the cursors of a client that has been sent nothing. */
export function createReceiver(
  connection: ReceiverConnection,
  feed: AduFeed,
  startedAt: number,
): Receiver {
  const open = (has: readonly Position[], now: number): readonly Cursor[] =>
    connection.hello.channels.flatMap((channel) => {
      const log = feed.log(channel);
      return log === undefined ? [] : [createCursor(log, channel, has, now)];
    });
  let cursors = open(connection.hello.positions, startedAt);

  const send = ({ positions }: Cursor, adu: Adu): void => {
    if (adu.sequence < (positions.get(adu.source) ?? 0)) return;
    positions.set(adu.source, adu.sequence + 1);
    connection.sendAdu(adu);
  };

  /** Goes on with what is recent; true if something was dropped. */
  const jump = (cursor: Cursor, now: number): boolean => {
    if (cursor.next >= Math.min(cursor.log.start, cursor.end)) return false;
    cursor.next = cursor.log.begin(new Map(), now).cursor;
    return true;
  };

  const serve = (cursor: Cursor, now: number): boolean => {
    if (connection.isFull) return false;
    const hasJumped = jump(cursor, now);
    while (!connection.isFull) {
      const [held, ...others] = cursor.first;
      const adu = held ?? (cursor.next < cursor.end ? cursor.log.at(cursor.next) : undefined);
      if (adu === undefined) break;
      if (held === undefined) cursor.next++;
      else cursor.first = others;
      send(cursor, adu);
    }
    return hasJumped;
  };

  return {
    serve: (now) => cursors.filter((cursor) => serve(cursor, now)).length,
    moveTo: (places) => {
      for (const { channel, place } of places) {
        for (const cursor of cursors) if (cursor.channel === channel) cursor.end = place;
      }
    },
    moved: () => {
      const moving = cursors.filter(({ end }) => end < Number.POSITIVE_INFINITY);
      const isDone = moving.every(({ first, next, end }) => first.length === 0 && next >= end);
      return isDone ? moving.map(({ channel, next: place }) => ({ channel, place })) : undefined;
    },
    comeBack: (positions, now) => {
      cursors = open(positions, now);
    },
  };
}
