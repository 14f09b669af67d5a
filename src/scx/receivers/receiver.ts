/**
 * One client that receives: a cursor into the log of each of its channels. It is sent what it has not
 * had, as fast as it reads. A client that reads too slowly for long goes on with what is recent, and
 * sees by the numbers what it has missed.
 *
 * Bounded: the channels of the session, and POSITIONS_MAX sources of each.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { type BoundedMap, createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { ReceiverConnection } from '../../overlay/data/receiver-connection.js';
import type { AduFeed } from './adu-feed.js';
import type { AduLog } from './adu-log.js';

export interface Receiver {
  /** Sends what the client can take now; returns the number of its jumps over dropped ADUs. */
  serve(now: number): number;
}

interface Cursor {
  readonly log: AduLog;
  /** The numbers that it is sent next. */
  readonly positions: BoundedMap<SourceId, number>;
  /** What it gets before that. */
  first: readonly Adu[];
  next: number;
}

const POSITIONS_MAX = 64;

function createCursor(
  log: AduLog,
  channel: number,
  { hello }: ReceiverConnection,
  now: number,
): Cursor {
  const positions = createBoundedMap<SourceId, number>(POSITIONS_MAX);
  for (const { source, next, channel: its } of hello.positions) {
    if (its === channel) positions.set(source, next);
  }
  const { first, cursor } = log.begin(new Map(positions.entries()), now);
  return { log, positions, first, next: cursor };
}

/** Creates the cursors of a client that has been sent nothing. */
export function createReceiver(
  connection: ReceiverConnection,
  feed: AduFeed,
  startedAt: number,
): Receiver {
  const cursors = connection.hello.channels.flatMap((channel) => {
    const log = feed.log(channel);
    return log === undefined ? [] : [createCursor(log, channel, connection, startedAt)];
  });

  const send = ({ positions }: Cursor, adu: Adu): void => {
    if (adu.sequence < (positions.get(adu.source) ?? 0)) return;
    positions.set(adu.source, adu.sequence + 1);
    connection.sendAdu(adu);
  };

  /** Goes on with what is recent; true if something was dropped. */
  const jump = (cursor: Cursor, now: number): boolean => {
    if (cursor.next >= cursor.log.start) return false;
    cursor.next = cursor.log.begin(new Map(), now).cursor;
    return true;
  };

  const serve = (cursor: Cursor, now: number): boolean => {
    if (connection.isFull) return false;
    const hasJumped = jump(cursor, now);
    while (!connection.isFull) {
      const [held, ...others] = cursor.first;
      const adu = held ?? cursor.log.at(cursor.next);
      if (adu === undefined) break;
      if (held === undefined) cursor.next++;
      else cursor.first = others;
      send(cursor, adu);
    }
    return hasJumped;
  };

  return {
    serve: (now) => cursors.filter((cursor) => serve(cursor, now)).length,
  };
}
