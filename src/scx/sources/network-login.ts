/**
 * The login of source clients that use the overlay's protocol: they sign what they say about
 * themselves with a source key of the session. One of these keys is that of the session's fallback,
 * which this SCX's own process plays.
 */
import type { Logger } from 'pino';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import type { OverlayOptions } from '../../overlay/overlay.js';
import type { Refusal } from '../../overlay/sockets/admission.js';
import { FALLBACK_SOURCE } from '../../session/source-key.js';
import type { ClientHello } from '../../wire/hello.js';
import type { SourceLogin } from './source-login.js';

export interface NetworkLoginOptions {
  readonly login: SourceLogin;
  /** This SCX's node id. */
  readonly self: NodeId;
  readonly log: Logger;
}

/** Checks source clients before they attach. */
export interface NetworkLogin {
  /** Why a client may not attach; undefined: it may. A promise where the front end is asked first. */
  objectionTo: NonNullable<OverlayOptions['objectionTo']>;
  /** The source of the fallback process; undefined before it has attached. */
  readonly fallbackSource: SourceId | undefined;
}

/** Creates the login of clients over the overlay's protocol. */
export function createNetworkLogin(options: NetworkLoginOptions): NetworkLogin {
  const { login, self, log } = options;
  let fallbackSource: SourceId | undefined;
  const check = (client: ClientHello, remoteAddress: string): Refusal | undefined => {
    const { source, proof } = client;
    const verdict = login.withKey(proof, { scx: self, source }, remoteAddress);
    if (verdict.kind === 'ok') {
      if (verdict.source.name === FALLBACK_SOURCE) fallbackSource = source.id;
      return undefined;
    }
    const { reason, delayMs } = verdict;
    log.warn({ source, remoteAddress, reason }, 'A source client is refused.');
    return { reason, delayMs, isFinal: true };
  };

  return {
    objectionTo: (client, remoteAddress) => {
      const { source, proof } = client;
      const isKnown = login.objectionTo(proof.key, source.priority) === undefined;
      if (isKnown) return check(client, remoteAddress);
      return login.refresh().then(() => check(client, remoteAddress));
    },
    get fallbackSource() {
      return fallbackSource;
    },
  };
}
