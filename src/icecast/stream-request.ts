/** What a player's request for a stream says in its header fields, besides the path. */

/** Whether the player takes titles in the stream, from the value of `Icy-MetaData`. */
export const wantsTitles = (icyMetadata: string | undefined): boolean => icyMetadata === '1';

/** The first bytes, at most ten. */
const FIRST_BYTES = /^bytes=0-([0-9])$/;

/**
 * How many bytes a player wants to look at before it listens; undefined if it listens. Safari and iOS
 * ask for two bytes and go on only if they get that range. With titles iOS must get the stream at once:
 * after a 206 it takes the stream for a file, and shows no title (public reports about AVPlayer).
 *
 * @param range the value of `Range`
 */
export function probedBytes(
  range: string | undefined,
  icyMetadata: string | undefined,
): number | undefined {
  const last = wantsTitles(icyMetadata) ? undefined : FIRST_BYTES.exec(range ?? '')?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}
