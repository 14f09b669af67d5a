/** The bit rates in which a rendition is made of sound of some form. */
import type { FrameHeader } from '../mp3/frames/frame-header.js';
import type { RenditionKbps } from '../session/renditions.js';

/** MPEG 2 goes up to 160 kbit/s; its low sample rates (MPEG 2.5) are of use up to 64. */
const MAX_KBPS = { 1: 256, 2: 160, 2.5: 64 } as const;

/** At lower rates one sound in both channels sounds better than two. Guess. */
const STEREO_KBPS_MIN = 48;

type Form = Pick<FrameHeader, 'mpegVersion' | 'channelMode'>;

/** The rate of a rendition: what its name says, or less if the form has no such rate. */
export function rateFor({ mpegVersion }: Form, kbps: RenditionKbps): RenditionKbps {
  const most = MAX_KBPS[mpegVersion];
  return kbps <= most ? kbps : most;
}

/** Whether both channels get the same sound. They stay two, so that a player changes rates unheard. */
export const isBlended = ({ mpegVersion }: Form, kbps: RenditionKbps): boolean =>
  mpegVersion === 1 && kbps < STEREO_KBPS_MIN;
