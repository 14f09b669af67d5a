/**
 * The login of encoders: a request goes on only with the session's source password. All others are
 * told what is wrong; clients that guess are told so later each time (http/server/guess-delay.ts).
 */
import type { Logger } from 'pino';
import { textAnswer } from '../../http/server/response.js';
import type { SourcePassword } from '../../http/server/source-password.js';
import { CHALLENGE, type SourceRequest } from './source-request.js';

const asSentence = (reason: string): string =>
  `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;

/** Calls `enter` if the password is right; else answers 401 (missing) or 403 (wrong). */
export function admitSource(
  request: SourceRequest,
  given: string | undefined,
  { password, log }: { readonly password: SourcePassword; readonly log: Logger },
  enter: () => void,
): void {
  const { socket, client } = request;
  const verdict = password.verifySource(given, client.address);
  if (verdict.kind === 'ok') return enter();
  const { kind, reason, delayMs } = verdict;
  log.warn({ remoteAddress: client.address, reason }, 'A source client is refused.');
  const text = asSentence(reason);
  const answer = kind === 'missing' ? textAnswer(401, text, CHALLENGE) : textAnswer(403, text);
  const waiting = setTimeout(() => request.reply(answer), delayMs);
  socket.once('close', () => clearTimeout(waiting));
}
