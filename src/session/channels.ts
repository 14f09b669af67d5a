/** The channels of a broadcast. An announcement may have others, which the radio does not use. */

/** The sound: each ADU is one MP3 frame. */
export const AUDIO_CHANNEL = 1;

/**
 * Entries of a directory (§2.2): small facts that every SCX keeps. They travel over the control connections
 * of the mesh (gossamer/entries); the channel in the announcement tells that the session has them.
 */
export const ENTRY_CHANNEL = 3;

/** The titles: each ADU is a now-playing notice; the last one is kept for late joiners. */
export const TITLE_CHANNEL = 2;
