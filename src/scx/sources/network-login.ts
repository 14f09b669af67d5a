/**
 * The login of source clients that use the overlay's protocol: broadcasters with the session's source
 * password, and this SCX's own fallback process with a secret that was drawn for it.
 */
import type { Logger } from 'pino';
import type { SourceId } from '../../gossamer/core/node.js';
import type { SourcePassword } from '../../http/server/source-password.js';
import type { Refusal } from '../../overlay/sockets/admission.js';
import { isSameSecret } from '../../runtime/secrets.js';
import type { ClientHello } from '../../wire/hello.js';

export interface NetworkLoginOptions {
  readonly password: SourcePassword;
  /** What the fallback process presents instead of the password. */
  readonly fallbackSecret: string;
  readonly log: Logger;
}

/** Checks source clients before they attach. */
export interface NetworkLogin {
  /** Why a client may not attach; undefined: it may. */
  objectionTo(client: ClientHello, remoteAddress: string): Refusal | undefined;
  /** The source of the fallback process; undefined before it has attached. */
  readonly fallbackSource: SourceId | undefined;
}

/** Clients of the overlay's protocol are our own programs, so the advice names their options. */
const ADVICE = ': give it with --password, or as SCATTERCAST_PASSWORD';

/** Creates the login of clients over the overlay's protocol. */
export function createNetworkLogin(options: NetworkLoginOptions): NetworkLogin {
  const { password, fallbackSecret, log } = options;
  let fallbackSource: SourceId | undefined;
  return {
    objectionTo: (client, remoteAddress) => {
      if (isSameSecret(client.password ?? '', fallbackSecret)) {
        fallbackSource = client.source.id;
        return undefined;
      }
      const verdict = password.verifySource(client.password, remoteAddress);
      if (verdict.kind === 'ok') return undefined;
      const { reason, delayMs } = verdict;
      log.warn({ source: client.source, remoteAddress, reason }, 'A source client is refused.');
      const advice = verdict.kind === 'missing' ? ADVICE : '';
      return { reason: `${reason}${advice}`, delayMs, isFinal: true };
    },
    get fallbackSource() {
      return fallbackSource;
    },
  };
}
