/** The messages between a transcoder and its thread (transcode-thread.ts). */

/** Frames that follow each other; each job is answered once, in order. */
export interface TranscodeJob {
  /** They do not follow those of the job before. */
  readonly startsStream: boolean;
  /** The frames before them, if they start a stream: they prepare the codecs, and nothing is made of them. */
  readonly primers: readonly Uint8Array[];
  readonly frames: readonly Uint8Array[];
}

/** The next frames, one for each that was given, in the same order; the last few follow later. */
export type TranscodeAnswer = readonly Uint8Array[];
