/** The messages between the broadcaster and the thread that re-encodes (encode-thread.ts). */

/** Sample rate and channels of all re-encoded audio: every player supports them. */
export const TARGET = { sampleRateHz: 44_100, channels: 2 } as const;

/** The bit rates that the encoder offers at 44.1 kHz, kbit/s. */
export const BITRATES_KBPS = [
  ...([32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const),
] as const;

export type BitrateKbps = (typeof BITRATES_KBPS)[number];

/** Some complete frames; `last` ends the recording. */
export interface EncodeJob {
  readonly frames: readonly Uint8Array[];
  readonly last: boolean;
}

/** MP3 that is not split into frames; or why the job has failed. */
export type EncodeAnswer =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: string };
