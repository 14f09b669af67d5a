/**
 * The login of encoders: a request goes on only with the session's source password. All others are
 * told what is wrong; clients that guess are told so later each time (http/server/guess-delay.ts).
 */
import type { Logger } from 'pino';
import type { SourcePassword } from '../../http/server/source-password.js';
import { loginRefusal } from '../../icecast/encoder-refusal.js';
import { asSentence, type SourceRequest } from './source-request.js';

/** Calls `enter` if the password is right; else answers 401, as Icecast does. */
export function admitSource(
  request: SourceRequest,
  given: string | undefined,
  { password, log }: { readonly password: SourcePassword; readonly log: Logger },
  enter: () => void,
): void {
  const { socket, client } = request;
  const verdict = password.verifySource(given, client.address);
  if (verdict.kind === 'ok') return enter();
  const { reason, delayMs } = verdict;
  log.warn({ remoteAddress: client.address, reason }, 'A source client is refused.');
  const refuse = (): void => request.reply(loginRefusal(asSentence(reason)));
  const waiting = setTimeout(refuse, delayMs);
  socket.once('close', () => clearTimeout(waiting));
}
