/**
 * What one listener gets who listens to earlier sound: stretch after stretch, as fast as it plays, with as
 * much more at the beginning as fills the player's buffer. At the end of what is recorded the
 * listener goes on with the live segments, each as soon as it is complete; so whoever catches up, because
 * there are holes or because the recording has stopped, hears no gap and no end.
 */
import { playedAfter, type Stretch } from '../../api/recordings/recording-files.js';
import type { TitledAudio } from '../../icecast/icy-metadata.js';
import { parseSegmentName } from '../../icecast/segment-name.js';
import { createFramer } from '../../mp3/frames/framer.js';
import { leadIn } from '../../mp3/frames/lead-in.js';
import { withoutTag } from '../sound/segment.js';
import { newest, type Segments } from '../sound/segments.js';
import type { Recording, TapePosition } from './recording.js';

/** What a listener has heard last, of a segment. */
type Heard = Pick<Stretch, 'source' | 'first' | 'count'>;

/** Where a listener is, for a process that continues it. */
export interface TapeState {
  /** Null: at the live segments. */
  readonly position: TapePosition | null;
  readonly heard: Heard | null;
}

/** Gives one listener its sound. */
export interface Tape {
  /** The next sound that is due; undefined: none yet. */
  take(now: number): TitledAudio | undefined;
  state(): TapeState;
}

export interface TapeOptions {
  readonly recording: Pick<Recording, 'read'>;
  readonly segments: Pick<Segments, 'state'>;
  /** Sound that is sent ahead, ms. */
  readonly aheadMs: number;
}

/** Sound that is ready to be sent. */
interface Ready {
  readonly audio: TitledAudio;
  readonly durationMs: number;
  readonly heard: Heard;
  readonly position: TapePosition | null;
}

/** A decoder begins here: the frames that it could not decode alone are silenced. */
function begun(sound: Uint8Array): Uint8Array {
  const framer = createFramer();
  const events = [...framer.push(sound), ...framer.end()];
  const frames = events.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));
  return Buffer.concat(leadIn(frames));
}

/** Creates a tape at a state; `isNew`: nothing was sent yet. */
export function createTape(options: TapeOptions, start: TapeState, isNew: boolean): Tape {
  const { recording, segments, aheadMs } = options;
  let position = start.position;
  let heard = start.heard ?? undefined;
  let ready: Ready | undefined;
  let isLoading = false;
  let isFirst = isNew;
  let clock: { readonly startedAt: number; sentMs: number } | undefined;

  const live = (): Ready | undefined => {
    // What is older than the player's buffer would keep the listener late for ever.
    const { kept: all } = segments.state();
    const kept = heard === undefined ? newest(all, aheadMs) : all;
    const named = kept.flatMap((segment) => {
      const name = parseSegmentName(segment.name);
      return name === undefined ? [] : [{ ...segment, ...name }];
    });
    const [next] = playedAfter(named, heard);
    if (next === undefined) return undefined;
    const { title, durationMs, bytes, source, first, count } = next;
    const audio = { bytes: withoutTag(bytes), titles: [{ at: 0, title }] };
    return { audio, durationMs, heard: { source, first, count }, position: null };
  };

  const load = async (at: TapePosition): Promise<void> => {
    isLoading = true;
    const piece = await recording.read(at).catch(() => undefined);
    isLoading = false;
    if (piece === undefined) {
      position = null;
      return;
    }
    const { stretch, sound, next } = piece;
    const { title, durationMs } = stretch;
    const audio = { bytes: isFirst ? begun(sound) : sound, titles: [{ at: 0, title }] };
    isFirst = false;
    ready = { audio, durationMs, heard: stretch, position: next };
  };

  const prepare = (): void => {
    if (ready !== undefined || isLoading) return;
    if (position === null) ready = live();
    else void load(position);
  };

  return {
    take: (now) => {
      prepare();
      clock ??= { startedAt: now, sentMs: 0 };
      if (ready === undefined || clock.sentMs > now - clock.startedAt + aheadMs) return undefined;
      const { audio, durationMs } = ready;
      ({ heard, position } = ready);
      clock.sentMs += durationMs;
      ready = undefined;
      prepare();
      return audio;
    },
    state: () => ({ position, heard: heard ?? null }),
  };
}
