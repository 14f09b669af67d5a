/**
 * Pulls a live stream from other servers until it is no longer wanted.
 *
 * Whatever ends a connection, another one is made: the first attempt follows soon, later ones with
 * growing pauses. If several URLs are given, a URL without sound is followed by the next one. Audio
 * that a new connection repeats is left out (drop-repeats.ts).
 */
import { UserError } from '../../lib/user-error.js';
import { pauseBeforeAttempt, wasSteady } from '../pause.js';
import { readTrack, type TrackEvent } from '../track/track.js';
import { createRepeatFilter, type RepeatFilter } from './drop-repeats.js';
import { NoStream, openIcyStream, type Station } from './icy-stream.js';

export interface PullOptions {
  /** The URL of the stream; several URLs are alternatives of equal rank. At least one. */
  readonly urls: readonly URL[];
  /** Takes one sentence about a problem that was dealt with. */
  readonly tell: (text: string) => void;
  readonly onStation?: (station: Station) => void;
  /** A stream that sends nothing for this time is connected to again, ms; default: 10 s. */
  readonly stallMs?: number;
  readonly signal: AbortSignal;
}

/** A URL as it may be shown: without user and password. */
export function labelOf(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/** The state that is kept from one connection to the next. */
interface Memory {
  readonly repeats: RepeatFilter;
  /** The last title. */
  title: string | undefined;
}

/** The result of an attempt. */
interface Ending {
  readonly reason: string;
  /** At least one frame or title came. */
  readonly heard: boolean;
  readonly isSteady: boolean;
  /** Set if another attempt would end the same way. */
  readonly problem: UserError | undefined;
}

/**
 * The stream's frames and titles, until the signal is aborted. Throws a UserError if no URL gives a
 * stream at the beginning, unless a server asks to come back later.
 */
export async function* pull({ urls, tell, ...rest }: PullOptions): AsyncGenerator<TrackEvent> {
  const { signal } = rest;
  const memory: Memory = { repeats: createRepeatFilter(), title: undefined };
  let current = 0;
  let attempt = 0;
  let begun = false;
  let told = '';
  while (!signal.aborted) {
    const ending = yield* play(urls[current] as URL, memory, { urls, tell, ...rest });
    if (signal.aborted) return;
    const { reason, heard, isSteady, problem } = ending;
    begun ||= heard;
    if (!begun && problem !== undefined && current + 1 === urls.length) throw problem;
    if (isSteady) attempt = 0;
    if (!heard) current = (current + 1) % urls.length;
    if (heard || reason !== told) tell(`${reason}; connecting again`);
    told = reason;
    await pauseBeforeAttempt(Math.floor(attempt++ / urls.length), signal);
  }
}

/** One attempt, to its end. It does not throw for problems of the network or the server. */
async function* play(
  url: URL,
  memory: Memory,
  options: PullOptions,
): AsyncGenerator<TrackEvent, Ending> {
  const since = performance.now();
  let heard = false;
  const ending = (reason: string, problem?: UserError): Ending => {
    return { reason, heard, isSteady: wasSteady(performance.now() - since), problem };
  };
  memory.repeats.onConnected();
  try {
    for await (const event of connection(url, memory.title, options)) {
      heard = true;
      if (event.kind === 'title') memory.title = event.title;
      yield* memory.repeats.take(event);
    }
    return ending(`${labelOf(url)} has ended`);
  } catch (error) {
    if (!(error instanceof UserError)) return ending(lossOf(error, url));
    const mayPass = error instanceof NoStream && error.isBusy;
    return ending(error.message, mayPass ? undefined : error);
  }
}

function lossOf(error: unknown, url: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `the connection to ${labelOf(url)} is lost (${code ?? message})`;
}

/** One connection, to its end. Until it brings a title, the title of the last connection holds. */
async function* connection(
  url: URL,
  lastTitle: string | undefined,
  options: PullOptions,
): AsyncGenerator<TrackEvent> {
  const file = labelOf(url);
  const { station, chunks } = await openIcyStream({ ...options, url, label: file });
  options.onStation?.(station);
  const ownName = station.name ?? url.host;
  const input = { file, name: lastTitle ?? ownName, sizeBytes: undefined, chunks };
  for await (const event of readTrack(input)) {
    yield event.kind === 'title' && event.title === '' ? { ...event, title: ownName } : event;
  }
}
