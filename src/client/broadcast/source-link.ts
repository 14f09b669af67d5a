/**
 * A source client's connection to the session, for as long as it broadcasts. SCXs come and go (a
 * machine is restarted, a cluster is updated), so the link attaches again each time (attaching.ts),
 * as the same source, with the next epoch and with consecutive numbers. Audio that the lost SCX may
 * not have passed on is sent again (adu-window.ts), so listeners elsewhere miss nothing.
 *
 * Entire clusters fail, too. So the link may know several, and tries the next one, round and round,
 * when one does not accept it. It stays where it is accepted, because listeners hear no difference.
 *
 * What comes within a tenth of a second is sent together, as it is signed together
 * (overlay/lots/lot-signer.ts): a live program costs each SCX as few signatures as a file.
 *
 * The sound at lower bit rates is made here, where it is signed, as long as the SCX says that somebody wants it
 * (transcode/rendition-maker.ts).
 *
 * While there is no SCX the broadcast waits instead of dropping frames: `room` resolves only when
 * less than two seconds of audio wait to be sent.
 */
import { AUDIO_CHANNEL } from '../../session/channels.js';
import { type RenditionKbps, renditionChannel } from '../../session/renditions.js';
import { createRenditionMaker, type SourceFrame } from '../../transcode/rendition-maker.js';
import { LOT_ADUS_MAX } from '../../wire/lot-codec.js';
import { keepAttached } from '../cluster/keep-attached.js';
import { unlessAborted } from '../pause.js';
import { createAduWindow, type OwnAdu } from './adu-window.js';
import { type Attaching, attachOnce, type LinkEvent, type LinkOptions } from './attaching.js';
import { createGate } from './gate.js';

/** A link that is attached, or tries to be. */
export interface SourceLink {
  /**
   * Sends an ADU in order, with those that follow soon or when there is an SCX again; `durationMs`
   * is 0 for a title.
   */
  publish(adu: OwnAdu, durationMs: number): void;
  /** Resolves when there is room for the next ADU. */
  room(): Promise<void>;
  /**
   * Sends what is left, says AM_LEAVING and ends the link. Resolves with the audio that could not
   * be sent within `timeoutMs`, ms.
   */
  finish(timeoutMs: number): Promise<number>;
}

/** Sent audio that is kept to be sent again, ms: a lost SCX may not have passed it on. */
const KEEP_MS = 2000;

/** Audio that is sent together, and the time that the first of it waits for more, ms. */
const TOGETHER_MS = 100;

/** Audio that may wait to be sent, ms. */
const UNSENT_MS_MAX = 2000;

/**
 * Attaches for the first time, at the first cluster that accepts us. Rejects with a UserError when
 * none does.
 */
export async function openSourceLink(options: LinkOptions): Promise<SourceLink> {
  const window = createAduWindow(KEEP_MS);
  const ending = new AbortController();
  const gate = createGate();
  const maker =
    options.renditions &&
    createRenditionMaker({ ...options.renditions, send: (...made) => sendMade(link, ...made) });
  const link: Attaching = {
    ...{ options, window, ending, gate, maker },
    connection: undefined,
    epoch: 0,
    waiting: undefined,
    pump: () => pump(link),
  };
  await keepAttached({
    clusters: options.clusters,
    signal: ending.signal,
    open: (cluster) => attachOnce(link, cluster),
    onEvent: (event) => handleEvent(link, event),
  });
  return {
    publish: (adu, durationMs) => {
      window.add(adu, durationMs);
      if (durationMs === 0 || window.unsentMs >= TOGETHER_MS) return pump(link);
      link.waiting ??= setTimeout(link.pump, TOGETHER_MS);
    },
    room: async () => {
      while (window.unsentMs >= UNSENT_MS_MAX && !ending.signal.aborted) await gate.wait();
    },
    finish: (timeoutMs) => finish(link, timeoutMs),
  };
}

function handleEvent(link: Attaching, event: LinkEvent): void {
  if (event.kind === 'lost') link.connection = undefined;
  if (event.kind === 'refused') {
    link.maker?.close();
    link.ending.abort();
    link.gate.open();
  }
  link.options.onEvent(event);
}

/** Sends what waits, as far as the connection takes it. */
function pump(link: Attaching): void {
  clearTimeout(link.waiting);
  link.waiting = undefined;
  while (link.connection?.writable === true) {
    const adus = link.window.take(LOT_ADUS_MAX);
    if (adus.length === 0) break;
    link.connection.send(adus);
    link.maker?.take(adus.filter(({ channel }) => channel === AUDIO_CHANNEL));
  }
  link.maker?.pump();
  link.gate.open();
}

/** Sends frames of a rendition; false: the connection does not take them now. */
function sendMade(
  { connection }: Attaching,
  kbps: RenditionKbps,
  frames: readonly SourceFrame[],
): boolean {
  if (connection?.writable !== true) return false;
  const channel = renditionChannel(kbps);
  connection.send(frames.map((frame) => ({ ...frame, channel })));
  return true;
}

async function finish(link: Attaching, timeoutMs: number): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  pump(link);
  await flushed(link, signal);
  const lostMs = link.window.unsentMs;
  link.ending.abort();
  const { connection } = link;
  link.maker?.close();
  connection?.leave();
  if (connection !== undefined) await unlessAborted(connection.closed, signal);
  connection?.destroy('we leave');
  link.gate.open();
  return lostMs;
}

/** Resolves when everything has been sent, or cannot be sent any more. */
async function flushed(link: Attaching, signal: AbortSignal): Promise<void> {
  const { window, gate, ending } = link;
  const isDone = (): boolean => window.unsentMs === 0 && link.connection?.writable === true;
  const isOver = (): boolean => signal.aborted || ending.signal.aborted;
  while (!isDone() && !isOver()) await unlessAborted(gate.wait(), signal);
}
