/**
 * The sources that could be played, and the choice among them. A source is live if it delivered audio
 * within `liveMs`, or is up for less than that and has delivered nothing yet. One that has left is
 * live only while audio that was under way still arrives, and no longer once another one is played:
 * what comes even later would be heard as a change back and forth.
 *
 * The best live source is one that does not send digital silence all the time, and has the highest
 * priority; among equals the one that is played already, then the one with the lowest id, so that
 * all SCXs choose the same.
 *
 * Bounded: SOURCES_MAX sources; the one that is silent for longest makes room.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { createNowPlaying, type NowPlaying } from '../../icecast/now-playing.js';
import type { PlayedFrame } from './chunk.js';

/** A frame before it is known what it follows. */
export type Unplayed = Omit<PlayedFrame, 'startsStream' | 'title'>;

/** A source, whether it is played or not. */
export interface Candidate {
  readonly id: SourceId;
  priority: number;
  /** The instant of its last announcement, and of its last audio. */
  upAt: number;
  heardAt: number;
  /** The instant of its last audio that was no digital silence. */
  soundAt: number;
  /** It has said that it leaves. */
  isDown: boolean;
  /** It has left, and another one has been played since. */
  isOver: boolean;
  readonly titles: NowPlaying;
  /** The frames since the last one that was played, of a source that is not played. */
  reserve: { readonly frame: Unplayed; readonly at: number }[];
}

/** Silence after which a source is no longer live. */
export interface LiveLimits {
  /** A source that is up, ms. */
  readonly liveMs: number;
  /** A source that has left, ms: audio under way arrives without a pause. */
  readonly downMs: number;
  /** Digital silence after which a source counts as away, ms; undefined: it never does. */
  readonly silenceMs?: number | undefined;
}

/** The known sources. */
export interface Candidates {
  /** The source that is played, or was played last. */
  current: Candidate | undefined;
  get(id: SourceId): Candidate | undefined;
  /** The known source of an id, or a new one. */
  of(id: SourceId): Candidate;
  /** The live source that should be played; undefined if none is live. */
  best(now: number): Candidate | undefined;
  /** The live sources that send nothing but digital silence. */
  silent(now: number): readonly Candidate[];
}

/** Sources that are remembered. Gossamer's limit, see config.sourcesMax. */
const SOURCES_MAX = 64;

const createCandidate = (id: SourceId): Candidate => ({
  id,
  priority: 0,
  upAt: Number.NEGATIVE_INFINITY,
  heardAt: Number.NEGATIVE_INFINITY,
  soundAt: Number.NEGATIVE_INFINITY,
  isDown: false,
  isOver: false,
  titles: createNowPlaying(),
  reserve: [],
});

const quietSince = (candidate: Candidate): number => Math.max(candidate.heardAt, candidate.upAt);

/** Whether a source is up, but has delivered nothing since. */
export const isAwaited = (candidate: Candidate): boolean => candidate.upAt > candidate.heardAt;

/** Creates a list without sources. */
export function createCandidates(limits: LiveLimits): Candidates {
  const known = new Map<SourceId, Candidate>();

  const isLive = (candidate: Candidate, now: number): boolean =>
    !candidate.isOver &&
    now - quietSince(candidate) <= (candidate.isDown ? limits.downMs : limits.liveMs);

  const isSilent = ({ soundAt, upAt }: Candidate, now: number): boolean =>
    now - Math.max(soundAt, upAt) > (limits.silenceMs ?? Number.POSITIVE_INFINITY);

  const makeRoom = (): void => {
    if (known.size < SOURCES_MAX) return;
    const others = [...known.values()].filter((candidate) => candidate !== candidates.current);
    const quietest = others.reduce((a, b) => (quietSince(b) < quietSince(a) ? b : a));
    known.delete(quietest.id);
  };

  const isBetter = (one: Candidate, other: Candidate, now: number): boolean => {
    const { current } = candidates;
    if (isSilent(one, now) !== isSilent(other, now)) return isSilent(other, now);
    if (one.priority !== other.priority) return one.priority > other.priority;
    if (one === current || other === current) return one === current;
    return one.id < other.id;
  };

  const candidates: Candidates = {
    current: undefined,
    get: (id) => known.get(id),
    of: (id) => {
      const found = known.get(id);
      if (found !== undefined) return found;
      makeRoom();
      const candidate = createCandidate(id);
      known.set(id, candidate);
      return candidate;
    },
    best: (now) => {
      let found: Candidate | undefined;
      for (const candidate of known.values()) {
        if (!isLive(candidate, now)) continue;
        if (found === undefined || isBetter(candidate, found, now)) found = candidate;
      }
      return found;
    },
    silent: (now) => [...known.values()].filter((each) => isLive(each, now) && isSilent(each, now)),
  };
  return candidates;
}
