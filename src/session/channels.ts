/** The channels of a broadcast. An announcement may have others, which the radio does not use. */

/** The sound: each ADU is one MP3 frame. */
export const AUDIO_CHANNEL = 1;

/** The titles: each ADU is a now-playing notice; the last one is kept for late joiners. */
export const TITLE_CHANNEL = 2;
