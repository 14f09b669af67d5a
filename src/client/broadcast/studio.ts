/**
 * Takes a program's events one by one and gives each frame to the link at its time, numbered. What
 * is playing goes on channel 2, as JSON that names the audio ADU from which it holds, so that
 * the title changes with the music however long the way was.
 */
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import { pause, unlessAborted } from '../pause.js';
import type { PlaylistEvent } from '../playlist/playlist.js';
import type { OwnAdu } from './adu-window.js';
import type { Journal } from './broadcast-progress.js';
import { createPacer } from './pacer.js';
import type { SourceLink } from './source-link.js';

/** A clock that never goes back, and waiting on it. */
interface StudioClock {
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

interface StudioOptions {
  readonly link: Pick<SourceLink, 'publish' | 'room'>;
  readonly journal: Journal;
  readonly onWarning: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: StudioClock;
}

/** An input that is always too slow is told so often, ms. Guess. */
const TOLD_EACH_MS = 60_000;

/** Node's timers may end so early, ms: the others of the frames that go together would wait once more. */
const EARLY_MS = 2;

const CLOCK: StudioClock = { now: () => performance.now(), pause };

/** A studio that has sent nothing yet; it resolves when it is ready for the next event. */
export function createStudio(options: StudioOptions): (event: PlaylistEvent) => Promise<void> {
  const { link, journal, onWarning, signal, clock = CLOCK } = options;
  const pacer = createPacer();
  const numbers = { audio: 0, notice: 0 };
  let rebased = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  const onTitle = (title: string): void => {
    if (title === journal.progress.title) return;
    const payload = Buffer.from(JSON.stringify({ title, from: numbers.audio }));
    link.publish(createAdu(TITLE_CHANNEL, numbers.notice++, payload), 0);
    journal.note({ title });
  };

  const checkPace = (now: number): void => {
    if (pacer.rebased === rebased) return;
    rebased = pacer.rebased;
    if (now - toldAt < TOLD_EACH_MS) return;
    toldAt = now;
    onWarning('more than 2 s late (input, machine or network stalled); going on from here');
  };

  const onFrame = async (frame: PlaylistEvent & { kind: 'frame' }): Promise<void> => {
    await unlessAborted(link.room(), signal);
    const now = clock.now();
    const waitMs = pacer.schedule(frame.durationMs, now) - now;
    if (waitMs > EARLY_MS) await clock.pause(waitMs, signal);
    if (signal.aborted) return;
    checkPace(now);
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

/** The time of day when we began, and from then on a clock that nobody sets: SCXs measure with it. */
const timestampMs = (): number => Math.round(performance.timeOrigin + performance.now());

function createAdu(channel: number, sequence: number, payload: Uint8Array): OwnAdu {
  return { channel, sequence, timestampMs: timestampMs(), payload };
}
