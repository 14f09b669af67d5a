/**
 * Those who listen, each for as long as its connection lasts. That may be days and there may be
 * thousands, so a stay keeps nothing of the request but what is logged at its end, and all stays
 * share their functions.
 *
 * Bounded: one for each listener that `listeners` has let in.
 */
import type { Socket } from 'node:net';
import type { AccessEntry, AccessLog } from '../../http/server/access-log.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { freshFor } from '../../http/server/fresh-for.js';
import {
  type Answer,
  type Fields,
  responseHead,
  sendAnswer,
  unavailable,
} from '../../http/server/response.js';
import type { ListenerIdentities } from './listener-identities.js';
import type { ListenerState, PackedListener } from './listener-state.js';
import type { Listener, ListenerPosition, Listeners, Outlet } from './listeners.js';
import { createStreamOutlet, ignoreInput } from './stream-outlet.js';

/** What is logged of a request, from its beginning. */
export type Asked = Omit<AccessEntry, 'status' | 'bytes' | 'durationMs'>;

/** A request for the stream that nothing speaks against. */
interface StayRequest {
  readonly socket: Socket;
  readonly asked: Asked;
  readonly wantsTitles: boolean;
  /** Its connection is encrypted. */
  readonly isSecure: boolean;
  /** When it was made. */
  readonly since: number;
}

/** Those who listen. */
export interface Stays {
  /** Lets somebody in, or answers why not. */
  enter(request: StayRequest): void;
  /** Goes on with a listener whom another process has served until now. */
  resume(socket: Socket, passport: ListenerState, seat: ListenerPosition): void;
}

export interface StayOptions {
  readonly listeners: Listeners;
  readonly identities: ListenerIdentities;
  readonly accessLog: AccessLog;
  /** The header of the stream. */
  fields(wantsTitles: boolean): Fields;
  now(): number;
}

interface Stay extends StayRequest {
  listener: Listener | undefined;
  /** It was answered with sound. */
  isHeard: boolean;
  /** Another process goes on with it. */
  isHandedOver: boolean;
  /** Sent by another process. */
  readonly bytesBefore: number;
}

/** "Come back", s: when full, when off the air. Guesses. */
const RETRY_S = { full: 10, offAir: 5 } as const;

/**
 * The streams of a moment have the same head, which is drawn once for all of a storm; its date has
 * seconds, ms.
 */
const FRESH_MS = 500;

/** A copy: a part of a text keeps the whole in memory. */
const copyOf = (text: string): string => Buffer.from(text).toString();

const copyOfAny = (text: string | undefined): string | undefined => text && copyOf(text);

const copied = (asked: Omit<ListenerState, 'sinceMs' | 'bytes' | 'wantsTitles'>): Asked => ({
  address: copyOf(asked.address),
  method: copyOf(asked.method),
  target: copyOf(asked.target),
  protocol: copyOf(asked.protocol),
  referer: copyOfAny(asked.referer),
  agent: copyOfAny(asked.agent),
});

/** Who listens, as the identities counts. */
const whoOf = ({ address, agent = '' }: Asked): ClientIdentity => ({ address, agent });

/** Draws the head of a stream, with titles or without. */
function createHeads({ fields, now }: StayOptions): (wantsTitles: boolean) => string {
  const draw = (wantsTitles: boolean) =>
    freshFor(() => responseHead(200, fields(wantsTitles)), FRESH_MS, now);
  const [plain, titled] = [draw(false), draw(true)];
  return (wantsTitles) => (wantsTitles ? titled() : plain());
}

/** Nobody is here. */
export function createStays(options: StayOptions): Stays {
  const { listeners, identities, accessLog, now } = options;
  const stays = new Map<Socket, Stay>();
  const headOf = createHeads(options);

  const note = ({ asked, since }: Stay, status: number, bytes: number): void =>
    accessLog.add({ ...asked, status, bytes, durationMs: now() - since });

  const turnAway = (stay: Stay, answer: Answer): void =>
    note(stay, answer.status, sendAnswer(stay.socket, answer));

  const sentBytes = ({ socket, bytesBefore }: Stay): number => bytesBefore + socket.bytesWritten;

  /** What TLS has agreed upon cannot go along. */
  const pack = (stay: Stay): PackedListener | undefined => {
    const { socket, asked, wantsTitles, isSecure, since } = stay;
    if (isSecure || socket.destroyed) return undefined;
    const spent = { sinceMs: now() - since, bytes: sentBytes(stay) };
    const release = (): void => {
      stay.isHandedOver = true;
      socket.destroy();
    };
    return { socket, passport: { ...asked, wantsTitles, ...spent }, release };
  };

  const host = {
    pack,
    head: (stay: Stay): string => {
      stay.isHeard = true;
      identities.enter(whoOf(stay.asked), now());
      return headOf(stay.wantsTitles);
    },
    refuse: (stay: Stay): void =>
      turnAway(stay, unavailable('The session is off the air.', RETRY_S.offAir)),
  };

  function onClose(this: Socket): void {
    const stay = stays.get(this);
    if (stay?.listener === undefined) return;
    stays.delete(this);
    listeners.leave(stay.listener);
    if (!stay.isHeard) return;
    identities.leave(whoOf(stay.asked), now());
    if (!stay.isHandedOver) note(stay, 200, sentBytes(stay));
  }

  const settle = (stay: Stay, admit: (outlet: Outlet) => Listener | undefined): void => {
    const { socket } = stay;
    stay.listener = admit(createStreamOutlet(stay, host));
    if (stay.listener === undefined) {
      return turnAway(stay, unavailable('This relay is full.', RETRY_S.full));
    }
    stays.set(socket, stay);
    ignoreInput(socket);
    socket.on('close', onClose);
  };

  const begin = { listener: undefined, isHeard: false, isHandedOver: false, bytesBefore: 0 };

  return {
    enter: ({ socket, asked, wantsTitles, isSecure, since }) => {
      const kept = { socket, asked: copied(asked), wantsTitles, isSecure, since };
      settle({ ...begin, ...kept }, (outlet) => listeners.admit(outlet, now()));
    },
    resume: (socket, passport, seat) => {
      const { wantsTitles, sinceMs, bytes, ...asked } = passport;
      const kept = { socket, asked: copied(asked), wantsTitles, isSecure: false };
      const isHeard = seat.isOpen;
      const stay: Stay = { ...begin, ...kept, isHeard, since: now() - sinceMs, bytesBefore: bytes };
      if (isHeard) identities.enter(whoOf(stay.asked), now(), true);
      settle(stay, (outlet) => listeners.resume(outlet, seat, now()));
    },
  };
}
