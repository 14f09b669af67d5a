/** What travels between the broadcaster and the thread that re-encodes (encode-thread.ts). */

/** The rate and mode of all that is re-encoded: what every player plays. */
export const TARGET = { sampleRateHz: 44_100, channels: 2 } as const;

/** The bit rates that the encoder offers at 44.1 kHz, kbit/s. */
export const BITRATES_KBPS = [
  ...([32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const),
] as const;

export type BitrateKbps = (typeof BITRATES_KBPS)[number];

/** Some whole frames; `last` ends the recording. */
export interface EncodeJob {
  readonly frames: readonly Uint8Array[];
  readonly last: boolean;
}

/** MP3, not cut into frames; or why there is none. */
export type EncodeAnswer =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: string };
