/**
 * The address of a session's stream, or of a playlist of it, at a cluster. Some players choose by the
 * end of the address what to do with it (Audacious, sox, Sonos, VLC), also where that end is part of a
 * query. So an address ends as its content does: behind a query stands a parameter without meaning,
 * `&.mp3`. Some old radios cut an address at its first `&`, so nothing that matters follows one.
 */

/** What the address leads to. */
export type ListenEnding = 'mp3' | 'm3u8' | 'm3u' | 'pls' | 'xspf' | 'sdp';

/**
 * @param cluster the address of the cluster, without a slash at its end
 * @param path `creator/session`
 * @param query parameters, encoded; the one that matters most comes first
 */
export function listenUrl(
  cluster: string,
  path: string,
  ending: ListenEnding = 'mp3',
  query: readonly string[] = [],
): string {
  const url = `${cluster}/listen/${path}.${ending}`;
  return query.length === 0 ? url : `${url}?${[...query, `.${ending}`].join('&')}`;
}
