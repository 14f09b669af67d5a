/** What the channels of a broadcast carry. Others may be announced; the radio does not use them. */

/** Each ADU is one MP3 frame. */
export const AUDIO_CHANNEL = 1;

/** Each ADU is a now-playing notice; the last one is kept for late joiners. */
export const TITLE_CHANNEL = 2;
