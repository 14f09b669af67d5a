/**
 * What pages of other origins may do with our answers (CORS): listen to a stream, with titles, and
 * read playlists and statuses, which are public everywhere. A web player that wants titles sends
 * `Icy-MetaData`, for which browsers ask first (a preflight), at the front end and, after the
 * redirect, at the SCX again; and it has to read `icy-metaint` in the answer, which browsers hide
 * unless it is exposed. So both ports take their answers from this table.
 *
 * Nothing here allows a page to publish, to feed a session or to send credentials.
 */

type Fields = Readonly<Record<string, string>>;

/** Header fields of answers that players and tools read; browsers show a few others by themselves. */
const EXPOSED = [
  ...['icy-metaint', 'icy-name', 'icy-description', 'icy-genre', 'icy-url', 'icy-br', 'icy-pub'],
  ...['Accept-Ranges', 'Content-Range', 'Date', 'Retry-After'],
];

/** Header fields of requests that web players and tools set themselves. */
const REQUESTED = ['Accept', 'Cache-Control', 'Content-Type', 'Icy-MetaData', 'Pragma', 'Range'];

/** In every answer that pages of any origin may read. */
export const READABLE: Fields = Object.freeze({
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED.join(', '),
});

/** In the answer to a preflight, whose status is 204. Remembered for a day. */
export const PREFLIGHT: Fields = Object.freeze({
  ...READABLE,
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': REQUESTED.join(', '),
  'Access-Control-Max-Age': '86400',
});
