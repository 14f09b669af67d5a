/**
 * A live stream from somewhere else, for as long as we want it: whatever ends a connection, another
 * one is made, at first at once and then less and less often. What it repeats is left out
 * (resume.ts).
 */

import { UserError } from '../../lib/user-error.js';
import { pauseBeforeAttempt } from '../pause.js';
import { readTrack, type TrackEvent } from '../track/track.js';
import { createResume, type Resume } from './drop-repeats.js';
import { NoStream, openIcyStream, type Station } from './icy-stream.js';

export interface PullOptions {
  /** Where the stream is; if there are several, each is as good as the others. */
  readonly urls: readonly URL[];
  /** One sentence about what went wrong and was dealt with. */
  readonly tell: (text: string) => void;
  readonly onStation?: (station: Station) => void;
  /** A stream that sends nothing for so long is connected to anew; default: 10 s. */
  readonly stallMs?: number;
  readonly signal: AbortSignal;
}

/** A connection that held so long was a good one: the next loss starts at the shortest delay. */
const STEADY_MS = 10_000;

/** A URL for people: without a password. */
export function labelOf(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/** What is known of the stream from one connection to the next. */
interface Memory {
  readonly resume: Resume;
  title: string | undefined;
}

/** How an attempt has ended. */
interface Ending {
  readonly reason: string;
  /** There was sound. */
  readonly heard: boolean;
  readonly isSteady: boolean;
  /** Another attempt would end the same way. */
  readonly problem: UserError | undefined;
}

/**
 * The stream's frames and titles, until the signal is aborted. Throws a UserError when there is
 * none at the beginning, unless the server asks to come back later.
 */
export async function* pull({ urls, tell, ...rest }: PullOptions): AsyncGenerator<TrackEvent> {
  const { signal } = rest;
  const memory: Memory = { resume: createResume(), title: undefined };
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

/** One attempt, to its end; never throws for what the world does. */
async function* play(
  url: URL,
  memory: Memory,
  options: PullOptions,
): AsyncGenerator<TrackEvent, Ending> {
  const since = performance.now();
  let heard = false;
  const ending = (reason: string, problem?: UserError): Ending => {
    return { reason, heard, isSteady: performance.now() - since > STEADY_MS, problem };
  };
  memory.resume.onConnected();
  try {
    for await (const event of connection(url, memory.title, options)) {
      heard = true;
      if (event.kind === 'title') memory.title = event.title;
      yield* memory.resume.take(event);
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

/** One connection, to its end; until a title comes the last one holds. */
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
