/**
 * An `.m3u` playlist: one path per line, relative to the playlist, optionally after a line
 * `#EXTINF:SECONDS,TITLE`. Other lines that start with `#` are comments.
 */
import { plainText } from '../../lib/plain-text.js';

export interface M3uEntry {
  /** As written in the playlist. */
  readonly path: string;
  readonly title?: string;
}

const TITLE_LENGTH_MAX = 512;
const EXTINF = /^#EXTINF:[^,]*,(.*)$/;

/** The entries, in their order. */
export function parseM3u(text: string): readonly M3uEntry[] {
  const entries: M3uEntry[] = [];
  let title: string | undefined;
  for (const line of text.split(/\r\n|\r|\n/).map((each) => each.trim())) {
    const named = EXTINF.exec(line)?.[1];
    if (named !== undefined) title = plainText(named, TITLE_LENGTH_MAX);
    if (line === '' || line.startsWith('#')) continue;
    entries.push(title === undefined ? { path: line } : { path: line, title });
    title = undefined;
  }
  return entries;
}
