/**
 * Renditions (§4: "an SCX that feeds data down a bandwidth-constrained link may convert bandwidth-intensive
 * data ... to lower bit-rate versions"): the same sound at a lower bit rate. An announcement lists the
 * rates, and each SCX offers the stream in them as well, as `SESSION.64.mp3` beside `SESSION.mp3`.
 */
import { bad, good, type Result } from '../lib/result.js';
import { RENDITION_CHANNELS_FROM } from './channels.js';

/**
 * The rates that may be listed, kbit/s: those that MP3 has at most sample rates and the encoder offers. Their
 * order is that of their channels, so others can only follow.
 */
export const RENDITION_RATES_KBPS = [
  ...([32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 256] as const),
] as const;

export type RenditionKbps = (typeof RENDITION_RATES_KBPS)[number];

/** Guess: one for telephones, one for bad lines, and room. Each one that is heard costs an SCX a thread. */
export const RENDITIONS_MAX = 4;

export const isRenditionRate = (kbps: number): kbps is RenditionKbps =>
  RENDITION_RATES_KBPS.some((rate) => rate === kbps);

/**
 * The channel on which a source sends the rendition: each ADU has the number of the frame that it stands for.
 * It travels only where somebody wants it (gossamer/distribution/optional-channels.ts).
 */
export const renditionChannel = (kbps: RenditionKbps): number =>
  RENDITION_CHANNELS_FROM + RENDITION_RATES_KBPS.indexOf(kbps);

/** The rate that a channel carries; undefined: it carries no rendition. */
export const renditionOfChannel = (channel: number): RenditionKbps | undefined =>
  RENDITION_RATES_KBPS[channel - RENDITION_CHANNELS_FROM];

/** The rates that these channels carry. */
export const renditionsOfChannels = (channels: readonly number[]): readonly RenditionKbps[] =>
  channels.map(renditionOfChannel).filter((kbps) => kbps !== undefined);

/** Reads a list like `64,32`: distinct rates, 1 to RENDITIONS_MAX; the result is in descending order. */
export function parseRenditions(text: string): Result<readonly RenditionKbps[]> {
  const rates = text.split(',').map(Number).filter(isRenditionRate);
  const isWhole = /^\d{1,3}(,\d{1,3})*$/.test(text) && rates.length === text.split(',').length;
  if (!isWhole || new Set(rates).size !== rates.length) {
    return bad(
      `the renditions must be different bit rates of ${RENDITION_RATES_KBPS.join(', ')} kbit/s, ` +
        'separated by commas',
    );
  }
  if (rates.length > RENDITIONS_MAX)
    return bad(`at most ${RENDITIONS_MAX} renditions are possible`);
  return good(rates.sort((a, b) => b - a));
}

/** The path of a stream's rendition, without an ending: `night.64`. */
export const renditionPath = (path: string, kbps: number): string => `${path}.${kbps}`;

const RENDITION = /^(.+)\.([1-9]\d{1,2})$/;

/** What such a path asks for; undefined if it does not end like one. */
export function parseRenditionPath(
  path: string,
): { readonly path: string; readonly kbps: number } | undefined {
  const [, before, kbps] = RENDITION.exec(path) ?? [];
  return before === undefined ? undefined : { path: before, kbps: Number(kbps) };
}
