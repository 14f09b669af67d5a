/**
 * Broadcasts a program: one MP3 frame is one ADU on channel 1, in real time; titles go on channel
 * 2 (studio.ts).
 *
 * When there is no SCX for a while the program waits, and goes on where it was: numbers have
 * no holes and nothing is lost. A live encoder behind a pipe is held up by the same means.
 */

import type { Attachment } from '../../api/attach.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { drawId } from '../../runtime/secrets.js';
import { unlessAborted } from '../pause.js';
import { openPlaylist, type PlaylistEvent, type Program } from '../playlist/playlist.js';
import { createJournal, type Journal, type Progress } from './broadcast-progress.js';
import { type LinkEvent, openSourceLink, type SourceLink } from './source-link.js';
import { createStudio } from './studio.js';

export interface BroadcastOptions {
  /** `http://HOST:PORT` of each front end that will do; the first that answers is used. */
  readonly clusters: readonly string[];
  /** The announcement's URL, or the session's name, which each cluster knows where to find. */
  readonly announcement: string;
  /** The SCX to attach to, if it is known: then no cluster is asked, and one must be named. */
  readonly attachment?: Attachment;
  readonly program: Program;
  /** 0 to 255; the highest that is live is played. */
  readonly priority: number;
  /** The session's source password, if it has one. */
  readonly password?: string | undefined;
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
 * cannot begin: a file that is no MP3, no cluster, a refusal; and when it may not go on, because the
 * source password has changed.
 */
export async function broadcast(options: BroadcastOptions): Promise<void> {
  const { onWarning } = options;
  const refused = new AbortController();
  const signal = AbortSignal.any([options.signal, refused.signal]);
  const playlist = await unlessAborted(openPlaylist(options.program, onWarning, signal), signal);
  if (playlist === undefined) return;
  const journal = createJournal(options.onProgress);
  const opening = openSourceLink({
    ...options,
    source: drawId() as SourceId,
    onEvent: (event) => {
      if (event.kind === 'refused') refused.abort(event.error);
      else onLinkEvent(event, journal, onWarning);
    },
  });
  const link = await unlessAborted(opening, signal);
  if (link === undefined) return abandon(opening);
  try {
    await play(playlist, createStudio({ link, journal, onWarning, signal }), signal);
  } finally {
    playlist.return(undefined).catch(() => undefined); // Not awaited: its input may never come.
    journal.note({ state: 'leaving' });
    const lostMs = await link.finish(signal.aborted ? STOP_FLUSH_MS_MAX : END_FLUSH_MS_MAX);
    if (lostMs > 0) onWarning(`the last ${seconds(lostMs)} s could not be sent`);
  }
  refused.signal.throwIfAborted();
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

function onLinkEvent(
  event: Exclude<LinkEvent, { kind: 'refused' }>,
  journal: Journal,
  onWarning: (text: string) => void,
): void {
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
    case 'moved':
      return onWarning(`now trying the cluster at ${event.cluster}`);
  }
}
