/**
 * Broadcasts a program: one MP3 frame is one ADU on channel 1, in real time; what is playing goes
 * on channel 2, as JSON that names the audio ADU from which it holds, so that the title changes
 * with the music however long the way was.
 *
 * When there is no SCX for a while the program waits, and goes on where it was: numbers have
 * no holes and nothing is lost. A live encoder behind a pipe is held up by the same means.
 */

import { randomBytes } from 'node:crypto';
import type { SourceId } from '../gossamer/node.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../session/channels.js';
import type { OwnAdu } from './adu-window.js';
import { createPacer } from './pacer.js';
import { pause, unlessAborted } from './pause.js';
import { openPlaylist, type PlaylistEvent, type Program } from './playlist.js';
import { createJournal, type Journal, type Progress } from './progress.js';
import { type LinkEvent, openSourceLink, type SourceLink } from './source-link.js';

export interface BroadcastOptions {
  /** `http://HOST:PORT` of the cluster's front end. */
  readonly cluster: string;
  /** The announcement's URL. */
  readonly announcement: string;
  readonly program: Program;
  /** 0 to 255; the highest that is live is played. */
  readonly priority: number;
  /** Called after each change, and for each frame. */
  readonly onProgress: (progress: Progress) => void;
  /** One sentence about what went wrong and was dealt with. */
  readonly onWarning: (text: string) => void;
  /** Ends the broadcast early and in order: flush, AM_LEAVING. */
  readonly signal: AbortSignal;
}

/** The end of a program may wait so long for an SCX that is away. Guess. */
const END_FLUSH_MS_MAX = 15_000;

/** A stop must be over within 3 s, which is the user's patience. */
const STOP_FLUSH_MS_MAX = 1500;

/**
 * Broadcasts until the program ends or the signal is aborted. Rejects with a UserError when it
 * cannot begin: a file that is no MP3, no cluster, a refusal.
 */
export async function broadcast(options: BroadcastOptions): Promise<void> {
  const { signal, onWarning } = options;
  const playlist = await unlessAborted(openPlaylist(options.program), signal);
  if (playlist === undefined) return;
  const journal = createJournal(options.onProgress);
  const opening = openSourceLink({
    ...options,
    source: randomBytes(8).toString('hex') as SourceId,
    onEvent: (event) => onLinkEvent(event, journal, onWarning),
  });
  const link = await unlessAborted(opening, signal);
  if (link === undefined) return abandon(opening);
  try {
    await play(playlist, createStudio(link, journal, options), signal);
  } finally {
    journal.note({ state: 'leaving' });
    const lostMs = await link.finish(signal.aborted ? STOP_FLUSH_MS_MAX : END_FLUSH_MS_MAX);
    if (lostMs > 0) onWarning(`the last ${seconds(lostMs)} s could not be sent`);
  }
}

/** Stopped while it began: the link may still come up, and must not stay. */
function abandon(opening: Promise<SourceLink>): void {
  opening.then((link) => link.finish(0)).catch(() => undefined);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

async function play(
  playlist: AsyncGenerator<PlaylistEvent>,
  studio: (event: PlaylistEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const next = await unlessAborted(playlist.next(), signal);
    if (next === undefined) return;
    if (next.done) return;
    await studio(next.value);
  }
}

function onLinkEvent(event: LinkEvent, journal: Journal, onWarning: (text: string) => void): void {
  switch (event.kind) {
    case 'attached':
      return journal.note({ state: 'onAir', scx: event.address });
    case 'alive':
      return journal.note({ listeners: event.listeners });
    case 'lost':
      onWarning(`the SCX is gone (${event.reason}); attaching again`);
      return journal.note({ state: 'reattaching' });
    case 'failed':
      return onWarning(`${event.reason}; trying again`);
  }
}

/** Takes the program's events one by one, and each frame at its time. */
function createStudio(
  link: SourceLink,
  journal: Journal,
  { onWarning, signal }: BroadcastOptions,
): (event: PlaylistEvent) => Promise<void> {
  const pacer = createPacer();
  const numbers = { audio: 0, notice: 0 };
  let rebased = 0;

  const onTitle = (title: string): void => {
    if (title === journal.progress.title) return;
    const payload = Buffer.from(JSON.stringify({ title, from: numbers.audio }));
    link.publish(createAdu(TITLE_CHANNEL, numbers.notice++, payload), 0);
    journal.note({ title });
  };

  const checkPace = (): void => {
    if (pacer.rebased === rebased) return;
    rebased = pacer.rebased;
    onWarning('more than 2 s late (input, machine or network stalled); going on from here');
  };

  const onFrame = async (frame: PlaylistEvent & { kind: 'frame' }): Promise<void> => {
    await unlessAborted(link.room(), signal);
    const now = performance.now();
    await pause(pacer.schedule(frame.durationMs, now) - now, signal);
    if (signal.aborted) return;
    checkPace();
    const { positionMs, sentMs } = journal.progress;
    link.publish(createAdu(AUDIO_CHANNEL, numbers.audio++, frame.bytes), frame.durationMs);
    journal.note({
      bitrateKbps: frame.bitrateKbps,
      lengthMs: frame.lengthMs,
      positionMs: positionMs + frame.durationMs,
      sentMs: sentMs + frame.durationMs,
    });
  };

  return async (event) => {
    switch (event.kind) {
      case 'track':
        return journal.note({ positionMs: 0, lengthMs: undefined });
      case 'title':
        return onTitle(event.title);
      case 'frame':
        return onFrame(event);
      case 'skipped':
        return onWarning(`skipped: ${event.reason}`);
    }
  };
}

function createAdu(channel: number, sequence: number, payload: Uint8Array): OwnAdu {
  return { channel, sequence, timestampMs: Math.round(Date.now()), payload };
}
