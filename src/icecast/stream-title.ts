/**
 * The title in a block of ICY metadata, `StreamTitle='...';StreamUrl='...';` and NULs. Nothing in
 * it is escaped, so a title may hold `';`: it ends only where another field, or nothing, follows.
 */

import { plainText } from '../lib/plain-text.js';
import { decodeLegacyText } from '../mp3/tags/legacy-text.js';

const TITLE_LENGTH_MAX = 512;

/** Up to a `';` with a field or nothing behind it; a block that was cut ends anyhow. */
const STREAM_TITLE = /StreamTitle='(.*?)(?:';\s*(?=\w+='|$)|'?;?$)/su;

/** The title, in plain form; '' says that there is none, undefined that the block tells nothing. */
export function parseStreamTitle(block: Uint8Array): string | undefined {
  const text = decodeLegacyText(block.subarray(0, endOf(block)));
  const title = STREAM_TITLE.exec(text)?.[1];
  return title === undefined ? undefined : (plainText(title, TITLE_LENGTH_MAX) ?? '');
}

/** The NULs at the end are padding. */
function endOf(block: Uint8Array): number {
  const end = block.indexOf(0);
  return end === -1 ? block.length : end;
}
