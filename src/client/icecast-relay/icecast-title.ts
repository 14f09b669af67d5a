/** Sends the title of a mount to its Icecast server, at `/admin/metadata`. */
import { requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { joinHostPort } from '../../lib/host-port.js';
import type { IcecastTarget } from './icecast-target.js';

/** Time for the server's answer, ms. Guess. */
const ANSWER_MS_MAX = 5000;

/** Resolves with the reason if the title was refused, otherwise with undefined. Never rejects. */
export async function sendTitle(
  { host, port, mount, authorization }: IcecastTarget,
  title: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const url = new URL(`http://${joinHostPort(host, port)}/admin/metadata`);
  const song = { mount: decodeURI(mount), mode: 'updinfo', charset: 'UTF-8', song: title };
  url.search = new URLSearchParams(song).toString();
  try {
    const answer = await sendRequest({
      url,
      headers: { authorization },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    const { statusCode = 0 } = answer;
    answer.destroy();
    return statusCode >= 200 && statusCode <= 299 ? undefined : `status ${statusCode}`;
  } catch (error) {
    return requestFailure(error);
  }
}
