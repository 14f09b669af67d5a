/**
 * The front end's terms, and what they change: each renewal of the lease says how the session
 * describes itself, whether the SCX stays without clients, who may broadcast, which fallback is
 * played, and which server is asked about listeners. Terms that an older front end does not send leave everything as it is.
 */
import type { Launch } from '../api/scx-launch.js';
import type { SourceAccess } from '../api/source-access.js';
import type { StreamDescription } from '../icecast/stream-description.js';
import type { RenditionKbps } from '../session/renditions.js';
import type { HandOverState } from './hand-over/hand-over-state.js';
import type { Retirement } from './hand-over/retirement.js';
import type { Predecessor } from './hand-over/take-over.js';
import type { LeaseTerms } from './lease.js';
import type { Lifetime } from './lifetime.js';
import type { ListenerHook } from './listeners/listener-hook.js';
import type { SessionRecording } from './recording/session-recording.js';
import type { FallbackProcess } from './sources/fallback-process.js';
import type { RatedChannel } from './sources/session-channels.js';
import type { SourceLogin } from './sources/source-login.js';

/** The parts that the terms act on. */
export interface TermsOptions {
  readonly launch: Launch;
  readonly login: SourceLogin;
  readonly lifetime: Lifetime;
  readonly fallback: FallbackProcess;
  readonly handOver: HandOverState;
  readonly retirement: Pick<Retirement, 'begin'>;
  readonly hook: Pick<ListenerHook, 'set'>;
  readonly recording: Pick<SessionRecording, 'onTerms'>;
  readonly predecessor: Predecessor | undefined;
  /** These renditions are announced. */
  onRenditions(rates: readonly RenditionKbps[]): void;
  /** These channels are announced. */
  onChannels(channels: readonly RatedChannel[]): void;
  /** Other source keys hold. */
  onAccess(access: SourceAccess): void;
  isLeaving(): boolean;
  /** Measures the front end's silence (runtime/attended-clock.ts), ms. */
  attended(): number;
}

/** The terms that hold now. */
export interface SessionTerms {
  /** The SCX stays without clients. */
  readonly isPinned: boolean;
  readonly description: StreamDescription;
  onRenewed(terms: LeaseTerms): void;
}

const describedBy = (launch: Launch): StreamDescription => ({
  title: launch.title,
  genre: launch.genre,
  text: launch.description,
  url: launch.homepage,
  isListed: launch.isListed,
});

/** Creates the terms of the launch document, until the first renewal. */
export function createSessionTerms(options: TermsOptions): SessionTerms {
  const { launch, login, lifetime, fallback, handOver } = options;
  let isPinned = launch.rendezvous;
  let description = describedBy(launch);

  const onAccess = (access: LeaseTerms['access']): void => {
    if (access !== undefined && login.update(access)) options.onAccess(access);
  };

  const onFallback = (file: LeaseTerms['fallback']): void => {
    if (file === undefined || handOver.isSucceeded || options.isLeaving()) return;
    fallback.play(file ?? undefined);
  };

  return {
    get isPinned() {
      return isPinned;
    },
    get description() {
      return description;
    },
    onRenewed: (terms) => {
      isPinned = terms.pinned;
      description = terms.description ?? description;
      lifetime.onFrontEnd(terms.pinned, options.attended());
      onAccess(terms.access);
      onFallback(terms.fallback);
      options.recording.onTerms(terms.recording);
      if (terms.channels !== undefined) options.onChannels(terms.channels);
      if (terms.renditions !== undefined) options.onRenditions(terms.renditions);
      if (terms.listenerHook !== undefined) options.hook.set(terms.listenerHook ?? undefined);
      options.predecessor?.onKnown();
      if (terms.handOver) void handOver.start();
      if (terms.retireWithinMs !== undefined) options.retirement.begin(terms.retireWithinMs);
    },
  };
}
