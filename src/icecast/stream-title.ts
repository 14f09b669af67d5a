/**
 * The title in a block of ICY metadata: `StreamTitle='...';StreamUrl='...';`, padded with NULs.
 * Nothing in it is escaped, so a title may contain `';`: it ends only where another field, or the end
 * of the text, follows.
 */

import { plainText } from '../lib/plain-text.js';
import { decodeLegacyText } from '../mp3/tags/legacy-text.js';

const TITLE_LENGTH_MAX = 512;

/** Up to a `';` before another field or the end; a truncated block may end without it. */
const STREAM_TITLE = /StreamTitle='(.*?)(?:';\s*(?=\w+='|$)|'?;?$)/s;

/** The title as plain text; '' if it is empty, undefined if the block has no title field. */
export function parseStreamTitle(block: Uint8Array): string | undefined {
  // Taken out first: a character may be cut at the end of the title, not of the block.
  const bytes = Buffer.from(block.subarray(0, endOf(block))).toString('latin1');
  const title = STREAM_TITLE.exec(bytes)?.[1];
  if (title === undefined) return undefined;
  return plainText(decodeLegacyText(Buffer.from(title, 'latin1')), TITLE_LENGTH_MAX) ?? '';
}

/** The end of the text: NULs behind it are padding. */
function endOf(block: Uint8Array): number {
  const end = block.indexOf(0);
  return end === -1 ? block.length : end;
}
