/** How a broadcast is doing, for whoever watches it. */

/** A snapshot. */
export interface Progress {
  readonly state: 'attaching' | 'onAir' | 'reattaching' | 'leaving';
  readonly title: string;
  /** Within the track. */
  readonly positionMs: number;
  /** An estimate; undefined for a stream. */
  readonly lengthMs: number | undefined;
  readonly bitrateKbps: number;
  /** In the whole session, as far as the SCX knows. */
  readonly listeners: number;
  /** `host:port` of the SCX; '' before the first. */
  readonly scx: string;
  /** All that was sent. */
  readonly sentMs: number;
}

/** The progress, of which each part is noted when it changes. */
export interface Journal {
  readonly progress: Progress;
  note(change: Partial<Progress>): void;
}

/** A journal that calls `onProgress` after each note. */
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
