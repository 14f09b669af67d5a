/**
 * Tells the front end what is seen of the session's overlay, as long as its connection lasts: lines of
 * api/overlay-map/overlay-record.ts. The front end has one such connection, however many people look at the map.
 *
 * Bounded: STREAMS_MAX, and what waits for each to read.
 */
import type { Socket } from 'node:net';
import type { OverlayLine } from '../../api/overlay-map/overlay-record.js';
import { type Answer, responseHead, unavailable } from '../../http/server/response.js';
import type { Overlay } from '../../overlay/overlay.js';
import type { Seen } from '../../overlay/watch/watching.js';

/** The front end, one that starts while the other ends, and some to spare. Guess. */
const STREAMS_MAX = 4;
/** More than the sketches of a thousand SCXs, bytes: a reader that is so slow hangs. */
const UNREAD_MAX = 4 * 1024 * 1024;

const lineOf = (seen: Seen, at: number): OverlayLine => {
  if (seen.kind === 'gone') return { kind: 'gone', at, id: seen.id, reason: seen.reason };
  const { member, place, sketch } = seen;
  return { kind: 'scx', at, id: member.id, address: member.address, place, sketch };
};

/** Answers on a connection of the front end. `taken`: it goes on. */
export type OverlayStream = (socket: Socket) => Answer | 'taken';

/** Creates the streams of one SCX; `watch`: overlay.ts. */
export function createOverlayStream(watch: Overlay['watch']): OverlayStream {
  let open = 0;
  return (socket) => {
    if (open >= STREAMS_MAX) return unavailable('Too many watch the overlay through this SCX.', 5);
    open++;
    const fields = {
      'Content-Type': 'application/x-ndjson',
      'Access-Control-Allow-Origin': undefined,
    };
    socket.write(responseHead(200, fields));
    const end = watch((seen) => {
      socket.write(`${JSON.stringify(lineOf(seen, Date.now()))}\n`);
      if (socket.writableLength > UNREAD_MAX) socket.destroy();
    });
    socket.resume().once('close', () => {
      open--;
      end();
    });
    return 'taken';
  };
}
