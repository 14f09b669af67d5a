/**
 * Connects encoders with SCXs that cannot be given their connections: Node passes a socket only to a
 * child, and an SCX may be the child of an earlier front end or of the SCX before it. So the front end
 * gives the connection to a child of its own, the carrier, which passes the bytes to the SCX's port. It
 * outlives the front end, and ends with its last encoder.
 *
 * Bounded: CARRIED_MAX encoders; the front end bounds those of an address (encoder-limit.ts).
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ScxPlace } from '../../api/encoder-channel.js';
import { sendAnswer } from '../../http/server/response.js';
import { refusalFor } from '../../icecast/encoder-refusal.js';
import { carryEncoder } from './carry-encoder.js';
import { connectTo } from './connect-scx.js';

/** An encoder, and the request that it has sent. */
interface CarriedEncoder {
  readonly socket: Socket;
  readonly raw: Uint8Array;
  /** It has been answered already: what the SCX answers is not for it. */
  readonly isSilent?: boolean | undefined;
}

export interface EncoderCarrier {
  /** Takes an encoder to an SCX; false if there are too many. */
  take(encoder: CarriedEncoder, scx: ScxPlace | undefined): boolean;
  /** Resolves as soon as there is no encoder. */
  empty(): Promise<void>;
}

const CARRIED_MAX = 256; // guess: as many as a front end takes
/** An SCX that has just died is back at its port a second later. Guesses. */
const DIALS_MAX = 4;
const DIAL_INTERVAL_MS = 500;

const LOST = refusalFor(502, "The session's SCX does not answer: try again.");

async function dial({ host, port }: ScxPlace, socket: Socket): Promise<Socket | undefined> {
  for (let attempt = 1; !socket.destroyed; attempt++) {
    const upstream = await connectTo(host, port);
    if (upstream !== undefined || attempt === DIALS_MAX) return upstream;
    await pause(DIAL_INTERVAL_MS);
  }
  return undefined;
}

async function carry({ socket, raw, isSilent }: CarriedEncoder, scx: ScxPlace): Promise<void> {
  const upstream = await dial(scx, socket);
  if (upstream === undefined) {
    if (isSilent === true) socket.destroySoon();
    else sendAnswer(socket, LOST);
    return;
  }
  const again = (): Promise<Socket | undefined> => connectTo(scx.host, scx.port);
  carryEncoder({ socket, raw, isAnswered: isSilent !== true, dial: again }, upstream);
}

/** Creates a carrier without encoders. */
export function createEncoderCarrier(): EncoderCarrier {
  const sockets = new Set<Socket>();
  return {
    take: (encoder, scx) => {
      if (scx === undefined || sockets.size >= CARRIED_MAX) return false;
      const { socket } = encoder;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void carry(encoder, scx);
      return true;
    },
    empty: async () => {
      for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    },
  };
}
