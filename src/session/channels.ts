/**
 * The channels of a broadcast. An announcement may have others: slides beside the sound of a lecture, or
 * anything else. The radio carries them and does not look at them.
 */

/** The sound: each ADU is one MP3 frame. */
export const AUDIO_CHANNEL = 1;

/**
 * Entries of a directory (§2.2): small facts that every SCX keeps. They travel over the control connections
 * of the mesh (gossamer/entries); the channel in the announcement tells that the session has them.
 */
export const ENTRY_CHANNEL = 3;

/** The titles: each ADU is a now-playing notice; the last one is kept for late joiners. */
export const TITLE_CHANNEL = 2;

/** Channels from here on carry the renditions of the sound (renditions.ts); none of them is announced. */
export const RENDITION_CHANNELS_FROM = 240;

/** What such a channel may carry if the announcement does not say, kbit/s: notes, and now and then a picture. */
export const DEFAULT_RATE_KBPS = 32;

/** Whether the radio gives the channel a meaning of its own. */
export const isOwnChannel = (id: number): boolean =>
  id === AUDIO_CHANNEL ||
  id === TITLE_CHANNEL ||
  id === ENTRY_CHANNEL ||
  id >= RENDITION_CHANNELS_FROM;
