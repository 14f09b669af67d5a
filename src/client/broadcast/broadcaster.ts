/**
 * Broadcasts a program: one MP3 frame is one ADU on channel 1, in real time; titles go on channel 2
 * (studio.ts).
 *
 * While there is no SCX the program waits, and then goes on where it was: the numbers have no holes
 * and nothing is lost. A live encoder behind a pipe is held up in the same way.
 */
import { sessionHeader } from '../../api/header-fields.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { warningOf } from '../cluster/keep-attached.js';
import { unlessAborted } from '../pause.js';
import { openPlaylist, type PlaylistEvent, type Program } from '../playlist/playlist.js';
import type { Station } from '../pull/icy-stream.js';
import type { LinkEvent } from './attaching.js';
import { createJournal, type Journal, type Progress } from './broadcast-progress.js';
import type { Destination } from './destination.js';
import { createCredentials } from './source-credentials.js';
import { openSourceLink, type SourceLink } from './source-link.js';
import { createStudio, type StudioClock } from './studio.js';

export interface BroadcastOptions extends Destination {
  readonly program: Program;
  /** Called after each change, and for each frame. */
  readonly onProgress: (progress: Progress) => void;
  /** Called with one sentence about a problem that the broadcast has survived. */
  readonly onWarning: (text: string) => void;
  /** Ends the broadcast early but in order: what waits is sent, then AM_LEAVING. */
  readonly signal: AbortSignal;
  /** By which frames are due; default: this machine's. */
  readonly clock?: StudioClock;
}

/** How long the end of a program waits for an SCX that is away, ms. Guess. */
const END_FLUSH_MS_MAX = 15_000;

/** The same after Ctrl-C, ms: the process must end within 3 s (stop-signal.ts). */
const STOP_FLUSH_MS_MAX = 1500;

/**
 * Broadcasts until the program ends or the signal is aborted. Rejects with a UserError when it
 * cannot begin (a file is not MP3, no cluster answers, the SCX refuses), and when it must not go on
 * because the source password has changed.
 */
export async function broadcast(options: BroadcastOptions): Promise<void> {
  const { onWarning } = options;
  const refused = new AbortController();
  const signal = AbortSignal.any([options.signal, refused.signal]);
  const loop = createLoopCheck((error) => refused.abort(error));
  const program = loop.watch(options.program);
  const playlist = await unlessAborted(openPlaylist(program, onWarning, signal), signal);
  if (playlist === undefined) return refused.signal.throwIfAborted();
  const journal = createJournal(options.onProgress);
  const opening = openSourceLink({
    ...options,
    credentials: createCredentials(options),
    renditions: { log: renditionLog(onWarning) },
    onEvent: (event) => {
      if (event.kind === 'attached') loop.onAttached(event.session);
      if (event.kind === 'refused') refused.abort(event.error);
      else onLinkEvent(event, journal, onWarning);
    },
  });
  const link = await unlessAborted(opening, signal);
  if (link === undefined) {
    abandon(opening);
    return refused.signal.throwIfAborted();
  }
  try {
    await play(playlist, createStudio({ ...options, link, journal, signal }), signal);
  } finally {
    playlist.return(undefined).catch(() => undefined); // Not awaited: its input may never arrive.
    journal.note({ state: 'leaving' });
    const lostMs = await link.finish(signal.aborted ? STOP_FLUSH_MS_MAX : END_FLUSH_MS_MAX);
    if (lostMs > 0) onWarning(`the last ${seconds(lostMs)} s could not be sent`);
  }
  refused.signal.throwIfAborted();
}

/** A thread that is lost is told once; it is started again, and SCXs make the rendition meanwhile. */
function renditionLog(onWarning: (text: string) => void) {
  let isTold = false;
  return {
    info: () => undefined,
    warn: () => {
      if (!isTold) onWarning('a lower bit rate could not be made here for a moment');
      isTold = true;
    },
  };
}

/** Creates a check that refuses a session that is to be fed with its own sound. */
function createLoopCheck(refuse: (error: UserError) => void) {
  let [heard, fed] = ['', ''];
  const check = (): void => {
    if (heard === '' || heard !== fed) return;
    const advice = 'its sound would go round in circles';
    refuse(new UserError(EXIT.usage, `--from is a stream of the session itself: ${advice}`));
  };
  return {
    watch: (program: Program): Program => {
      if (program.kind !== 'pull') return program;
      const onStation = ({ session = '' }: Station): void => {
        heard = session;
        check();
      };
      return { ...program, onStation };
    },
    onAttached: (session: string): void => {
      fed = sessionHeader(session);
      check();
    },
  };
}

/** Stopped while the link was being opened: it must not stay open if that still succeeds. */
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
      onWarning(warningOf(event));
      return journal.note({ state: 'reattaching' });
    case 'failed':
    case 'moved':
      return onWarning(warningOf(event));
  }
}
