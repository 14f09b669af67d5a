/**
 * The titles that a stream has had, as other servers tell them: SHOUTcast's `/played` (a page, XML or
 * JSON), and a line of Icecast's `playlist.log`. Titles come from strangers: they are escaped, and each
 * stays within its line.
 */
import { printable } from '../../lib/plain-text.js';
import { drawFields, escapeMarkup, shoutcastXml } from './shoutcast-status.js';

/** A title, and when it began. */
export interface PlayedTitle {
  readonly title: string;
  /** ms since 1970, in whole seconds. */
  readonly at: number;
}

/** A title by SHOUTcast's names. */
export const titleFields = ({ title, at }: PlayedTitle) => ({
  ...{ playedat: Math.floor(at / 1000), title },
});

/** The part of a document that holds the titles. */
export const drawHistory = (titles: readonly PlayedTitle[]): string => {
  const songs = titles.map((one) => `<SONG>${drawFields(titleFields(one))}</SONG>`);
  return `<SONGHISTORY>${songs.join('')}</SONGHISTORY>`;
};

/** `/played?type=xml`. */
export const playedXml = (titles: readonly PlayedTitle[]): string =>
  shoutcastXml(drawHistory(titles));

/** `/played?type=json`, for JSON. */
export const playedJson = (titles: readonly PlayedTitle[]): object[] => titles.map(titleFields);

/** `/played.html`; times are in UTC. */
export function playedPage(titles: readonly PlayedTitle[]): string {
  const rows = titles.map(
    ({ title, at }) =>
      `<tr><td>${new Date(at).toISOString().slice(11, 19)}</td><td>${escapeMarkup(title)}</td></tr>`,
  );
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Titles</title></head><body>',
    '<table>',
    '<tr><td><b>Played @</b></td><td><b>Song Title</b></td></tr>',
    ...rows,
    '</table>',
    '</body></html>',
    '',
  ].join('\n');
}

/** A line of `playlist.log`: when, the mount, the number of listeners, the title. */
export interface PlaylistLine extends PlayedTitle {
  readonly mount: string;
  readonly listeners: number;
}

/** Prints a line, without its end; `instant`: the time as logs write it. */
export const printPlaylistLine = (line: PlaylistLine, instant: string): string =>
  `${instant}|${line.mount}|${line.listeners}|${printable(line.title, ' ')}`;

const LINE = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) \+0000\|([^|]*)\|(\d{1,9})\|(.+)$/;

/** Reads a line; undefined if it is none. */
export function parsePlaylistLine(text: string): PlaylistLine | undefined {
  const [, day, month, year, time, mount = '', listeners = '', title = ''] = LINE.exec(text) ?? [];
  const at = Date.parse(`${day} ${month} ${year} ${time} GMT`);
  return Number.isNaN(at) ? undefined : { at, mount, listeners: Number(listeners), title };
}
