/** What a tag's texts are to a listener: one title. */
import type { TagText } from './id3-reader.js';

/** "Artist - Title", as players show it; undefined when the tag tells neither. */
export function titleOf(tag: TagText): string | undefined {
  const parts = [tag.artist, tag.title].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : parts.join(' - ');
}
