/** The progress of a broadcast, for its views. */

/** The state at one instant. */
export interface Progress {
  readonly state: 'attaching' | 'onAir' | 'reattaching' | 'leaving';
  readonly title: string;
  /** Position in the track, ms. */
  readonly positionMs: number;
  /** Estimated length of the track, ms; undefined for a stream. */
  readonly lengthMs: number | undefined;
  readonly bitrateKbps: number;
  /** Listeners of the whole session, as far as the SCX knows. */
  readonly listeners: number;
  /** `host:port` of the SCX; '' before the first attachment. */
  readonly scx: string;
  /** All audio sent so far, ms. */
  readonly sentMs: number;
}

/** Keeps the progress; each part of the broadcast notes its changes. */
export interface Journal {
  readonly progress: Progress;
  note(change: Partial<Progress>): void;
}

/** Creates a journal that calls `onProgress` after each note. */
export function createJournal(onProgress: (progress: Progress) => void): Journal {
  let progress: Progress = {
    state: 'attaching',
    title: '',
    positionMs: 0,
    lengthMs: undefined,
    bitrateKbps: 0,
    listeners: 0,
    scx: '',
    sentMs: 0,
  };
  return {
    note: (change) => {
      progress = { ...progress, ...change };
      onProgress(progress);
    },
    get progress() {
      return progress;
    },
  };
}
