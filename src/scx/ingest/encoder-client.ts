/**
 * A source client that speaks Icecast's language, as the SCX's other source clients look (see
 * sources.ts): so the same checks, limits and moments of grace hold for both.
 *
 * What an encoder sends within a tenth of a second goes together, as it does from `broadcast` (pacer.ts): each
 * SCX of the session then reads, forwards and writes ten times in a second, not forty times.
 *
 * Bounded: what waits came within TOGETHER_MS, and pace.ts lets no more than some seconds of audio through.
 */
import type { Adu, Source } from '../../gossamer/core/node.js';
import { createClientEvents } from '../../overlay/sockets/client-callbacks.js';
import type { ClientConnection } from '../../overlay/sockets/client-connection.js';
import { TITLE_CHANNEL } from '../../session/channels.js';

/** Without who its source is, and when it was sent. */
type Unsent = Omit<Adu, 'source' | 'sourceScx' | 'timestampMs'>;

/** The other end of the connection that `sources` has. */
export interface EncoderClient {
  readonly connection: ClientConnection;
  /** Sends it, in order, at once or with what follows. */
  publish(adu: Unsent): void;
  /** The client is there, though it sends no sound. */
  keepAlive(): void;
  /** The client is gone. What it published is sent. */
  close(reason: string): void;
}

/** Who was sent something waits so long for the next, ms; see PacerConfig.togetherMs. */
const TOGETHER_MS = 100;

/** `onClosed`: the SCX does not want it any more. Not called after `close`. */
export function createEncoderClient(
  source: Source,
  remoteAddress: string,
  onClosed: (reason: string) => void,
): EncoderClient {
  const events = createClientEvents();
  let isClosed = false;
  /** Goes together, when the moment is over. */
  const waiting: Unsent[] = [];
  let moment: NodeJS.Timeout | undefined;

  /** Nobody sets this clock, other than that of the machine. */
  const timestampMs = (): number => Math.round(performance.timeOrigin + performance.now());

  // Who its SCX is, is written in by the checks.
  const send = (adu: Unsent): void =>
    events.onAdu({
      ...adu,
      timestampMs: timestampMs(),
      source: source.id,
      sourceScx: '' as Adu['sourceScx'],
    });

  const sendWaiting = (): void => {
    for (const adu of waiting.splice(0)) if (!isClosed) send(adu);
  };

  const onMoment = (): void => {
    moment = waiting.length === 0 ? undefined : setTimeout(onMoment, TOGETHER_MS);
    sendWaiting();
  };

  /** Sends what waits, and nothing after it. False if it was closed before, or is by what it sends. */
  const end = (): boolean => {
    if (!isClosed) sendWaiting();
    if (isClosed) return false;
    isClosed = true;
    clearTimeout(moment);
    return true;
  };

  const closeHere = (reason: string): void => {
    if (end()) onClosed(reason);
  };

  const connection: ClientConnection = {
    source,
    remoteAddress,
    // There is no word for it, so it is cut off: encoders connect again.
    send: ({ kind }) => {
      if (kind === 'leaving') connection.close('this SCX is leaving');
    },
    ...events.callbacks,
    close: (reason) => closeHere(reason ?? 'its source was withdrawn'),
  };

  return {
    connection,
    publish: (adu) => {
      if (isClosed) return;
      waiting.push(adu);
      if (moment === undefined) onMoment();
      else if (adu.channel === TITLE_CHANNEL) sendWaiting();
    },
    keepAlive: () => events.onMessage({ kind: 'keepAlive' }),
    close: (reason) => {
      if (end()) events.onClose(reason);
    },
  };
}
