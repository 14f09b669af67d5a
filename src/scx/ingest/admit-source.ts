/**
 * The login of encoders: a request goes on only with one of the session's source passwords. All
 * others are told what is wrong; clients that guess are told so later each time
 * (http/server/guess-delay.ts).
 */
import type { Logger } from 'pino';
import { loginRefusal, tryAgain } from '../../icecast/encoder-refusal.js';
import type { AdmittedEncoder, SourceLogin } from '../sources/source-login.js';
import { asSentence, type SourceRequest } from './source-request.js';

/** Resolves when the password is right; else answers 401, as Icecast does, and resolves without. */
export async function admitSource(
  request: SourceRequest,
  given: string | undefined,
  { login, log }: { readonly login: SourceLogin; readonly log: Logger },
): Promise<AdmittedEncoder | undefined> {
  const { socket, client } = request;
  const verdict = await login.withPassword(given, client.address);
  if (verdict.kind === 'ok') return socket.destroyed ? undefined : verdict;
  const { kind, reason, delayMs } = verdict;
  log.warn({ remoteAddress: client.address, reason }, 'A source client is refused.');
  const sentence = asSentence(reason);
  const refuse = (): void =>
    request.reply(kind === 'busy' ? tryAgain(sentence, 1) : loginRefusal(sentence));
  const waiting = setTimeout(refuse, delayMs);
  socket.once('close', () => clearTimeout(waiting));
  return undefined;
}
