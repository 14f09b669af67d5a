/**
 * The source clients that are attached here (§2.5): "As long as the client is part of the session,
 * it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via an
 * AM_LEAVING message."
 *
 * Beyond: a client whose connection breaks has a moment to come back before its source is
 * withdrawn, so that the session's trees stay. It comes back with a higher epoch, and replaces the
 * old connection even if nobody has noticed yet that it is dead.
 *
 * What a client shows when it attaches travels with the routes to its source, so that others could
 * show it again. So each epoch of a source attaches once, also when the source is gone.
 *
 * Bounded: ATTACHED_MAX clients, and the epochs of EPOCHS_MAX.
 */
import type { Logger } from 'pino';
import type { Input } from '../../gossamer/core/effects.js';
import type { SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { PublicKey } from '../../session/public-key.js';
import type { RenditionKbps } from '../../session/renditions.js';
import { createAduAdmission } from './adu-admission.js';
import { type Attachment, createAttachment } from './attachment.js';
import type { SessionChannels } from './session-channels.js';
import type { SourceAudience, SourceClient } from './source-client.js';

export interface AttachedSourcesOptions {
  readonly channels: Pick<SessionChannels, 'all' | 'has'>;
  feed(input: Input): void;
  audience(source: SourceId): SourceAudience;
  /** The optional channels of a source that somebody wants now. Default: none. */
  wanted?(source: SourceId): readonly number[];
  /** The renditions that are announced now. Default: none. */
  renditions?(): readonly RenditionKbps[];
  now(): number;
  /** Measures silence: the time in which this process could listen (runtime/attended-clock.ts), ms. */
  attended(): number;
  readonly log: Logger;
}

/** The counters for `GET /metrics`. */
interface SourceCounters {
  attached: number;
  /** Connections that were refused. */
  refused: number;
  /** Sources that came back before they were withdrawn. */
  resumed: number;
  published: number;
  /** What was published. */
  bytes: number;
  /** ADUs that did not pass the checks. */
  dropped: number;
}

/** The attached source clients. */
export interface AttachedSources {
  /** Attaches a client, or closes it with a reason. */
  handleClient(client: SourceClient): void;
  /** Ends clients that have fallen silent or have not come back; call it a few times per second. */
  tick(): void;
  /** Ends the sources to which there is an objection: see `end`. */
  check(objectionTo: (client: SourceClient) => string | undefined): void;
  /** Ends one source: its connection is closed, and it is withdrawn at once. */
  end(id: SourceId, reason: string): void;
  /** The sources, and the IP addresses and keys of their clients. */
  list(): readonly {
    readonly id: SourceId;
    readonly address: string;
    readonly key: PublicKey;
  }[];
  /**
   * Tells the clients of these sources (default: of all) to attach elsewhere; the others are
   * withdrawn as soon as their connections end.
   */
  tellLeaving(isTold?: (id: SourceId) => boolean): void;
  /** Other optional channels of a source are wanted. */
  onDemand(id: SourceId, channels: readonly number[]): void;
  /** Whether a source is connected, or may come back. */
  has(id: SourceId | undefined): boolean;
  readonly count: number;
  readonly counters: Readonly<SourceCounters>;
}

/** Sources attached here at most. Guess: a studio, a fallback, and many misconfigured ones. */
const ATTACHED_MAX = 16;

/** Sources whose last epoch is remembered. Guess: more than attach within the ten minutes of a proof. */
const EPOCHS_MAX = 1024;

/** Creates a table without attached sources. */
export function createAttachedSources(options: AttachedSourcesOptions): AttachedSources {
  const { log, channels } = options;
  const attached = new Map<SourceId, Attachment>();
  const epochs = createBoundedMap<SourceId, number>(EPOCHS_MAX);
  const counters = { attached: 0, refused: 0, resumed: 0, published: 0, bytes: 0, dropped: 0 };

  const objectionTo = ({ source: { id, epoch } }: SourceClient): string | undefined => {
    if (epoch <= (epochs.get(id) ?? 0)) {
      return attached.has(id) ? 'this source is attached here already' : 'this source has ended';
    }
    const hasRoom = attached.has(id) || attached.size < ATTACHED_MAX;
    return hasRoom ? undefined : 'too many sources are attached here';
  };

  const attach = (client: SourceClient): void => {
    const { id, epoch } = client.source;
    epochs.set(id, epoch);
    const previous = attached.get(id);
    const admission = createAduAdmission(id, channels, options.now(), options.renditions);
    const onWithdrawn = (): void => void attached.delete(id);
    const attachment = createAttachment({ ...options, client, admission, counters, onWithdrawn });
    attached.set(id, attachment);
    if (previous === undefined) counters.attached++;
    else counters.resumed++;
    previous?.becomeReplaced();
    attachment.start();
  };

  const end = (id: SourceId, reason: string): void => {
    const attachment = attached.get(id);
    attachment?.becomeFinal();
    attachment?.lose(reason);
  };

  return {
    handleClient: (client) => {
      const reason = objectionTo(client);
      if (reason === undefined) return attach(client);
      counters.refused++;
      log.warn({ source: client.source, reason }, 'A source client is refused.');
      client.close(reason);
    },
    tick: () => {
      for (const attachment of [...attached.values()]) attachment.tick();
    },
    check: (objectionTo) => {
      for (const [id, { client }] of [...attached]) {
        const reason = objectionTo(client);
        if (reason !== undefined) end(id, reason);
      }
    },
    end,
    list: () =>
      [...attached].map(([id, { client }]) => ({
        ...{ id, address: client.remoteAddress, key: client.key },
      })),
    tellLeaving: (isTold = () => true) => {
      for (const [id, attachment] of attached) {
        if (isTold(id)) attachment.sendLeaving();
        else attachment.becomeFinal();
      }
    },
    onDemand: (id, channels) => attached.get(id)?.sendWanted(channels),
    has: (id) => id !== undefined && attached.has(id),
    get count() {
      return attached.size;
    },
    counters,
  };
}
