/** The title that a listener sees, made of a tag's texts. */
import type { TagText } from './id3-reader.js';

/** "Artist - Title", as players show it; undefined when the tag has neither. */
export function titleOf(tag: TagText): string | undefined {
  const parts = [tag.artist, tag.title].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : parts.join(' - ');
}
