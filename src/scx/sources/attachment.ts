/**
 * One attached source client: connected, lost (its connection ended, it may come back), and then
 * withdrawn or replaced by its next connection. "The SCX uses this message (or the loss of
 * KEEP_ALIVE messages) as an indication of the client's death" (§2.5); ADUs count as KEEP_ALIVE.
 */
import type { Logger } from 'pino';
import type { Input } from '../../gossamer/core/effects.js';
import type { Adu, Source, SourceId } from '../../gossamer/core/node.js';
import type { AduAdmission } from './adu-admission.js';
import type { SourceAudience, SourceClient } from './source-client.js';
import { CLIENT_GRACE_MS, CLIENT_SILENT_MS } from './source-timeouts.js';

export interface AttachmentOptions {
  readonly client: SourceClient;
  readonly admission: AduAdmission;
  readonly counters: { published: number; dropped: number; bytes: number };
  readonly log: Logger;
  now(): number;
  /** Measures silence: the time in which this process could listen (runtime/attended-clock.ts), ms. */
  attended(): number;
  feed(input: Input): void;
  audience(source: SourceId): SourceAudience;
  /** The optional channels of it that somebody wants. Default: none. */
  wanted?(source: SourceId): readonly number[];
  /** Its source is withdrawn from the session. */
  onWithdrawn(): void;
}

/** A source client, and what is known of its life. */
export interface Attachment {
  readonly source: Source;
  readonly client: SourceClient;
  /** Announces the source, and listens to the client. */
  start(): void;
  /** Loses a silent client, and withdraws one that did not come back. */
  tick(): void;
  /** Closes the connection; the client may come back before its source is withdrawn. */
  lose(reason: string): void;
  /** The client has another connection: ends this one, and leaves the source announced. */
  becomeReplaced(): void;
  sendLeaving(): void;
  /** Tells it which optional channels are wanted. */
  sendWanted(channels: readonly number[]): void;
  /** Its source is withdrawn as soon as the client's connection ends. */
  becomeFinal(): void;
}

/** Creates the attachment of a connected client; nothing is announced before `start`. */
export function createAttachment(options: AttachmentOptions): Attachment {
  const { client, counters, log, now, attended, feed } = options;
  const { source } = client;
  let isConnected = true;
  let isFinal = false;
  let heardAt = attended();
  let lostAt = heardAt;
  /** Whether it was told of any channel that is wanted. */
  let wantedIsTold = false;

  const disconnect = (reason?: string): void => {
    if (!isConnected) return;
    isConnected = false;
    client.close(reason);
  };

  const withdraw = (reason: string): void => {
    options.onWithdrawn();
    disconnect();
    log.info({ source: source.id, reason }, 'A source is withdrawn.');
    feed({ kind: 'withdrawSource', source: source.id });
  };

  const lose = (reason: string): void => {
    if (!isConnected) return;
    lostAt = attended();
    disconnect(reason);
    if (isFinal) return withdraw(reason);
    log.warn({ source: source.id, reason }, 'A source client is lost; it may come back.');
  };

  const handleAdu = (adu: Adu): void => {
    heardAt = attended();
    const verdict = options.admission(adu, now());
    if (verdict.kind === 'publish') {
      counters.published++;
      counters.bytes += adu.payload.length;
      return feed({ kind: 'publish', adu: verdict.adu });
    }
    counters.dropped++;
    if (verdict.kind === 'close') lose(verdict.reason);
  };

  /** A connection that has ended here may still have something to say. */
  const whileConnected =
    <Value>(handle: (value: Value) => void) =>
    (value: Value): void => {
      if (isConnected) handle(value);
    };

  const onKeepAlive = whileConnected<void>(() => {
    heardAt = attended();
    client.sendAlive(options.audience(source.id));
  });

  const sendWanted = (channels: readonly number[]): void => {
    if (isConnected && (wantedIsTold || channels.length > 0)) client.sendWanted(channels);
    wantedIsTold ||= channels.length > 0;
  };

  return {
    source,
    client,
    sendWanted,
    start: () => {
      log.info({ source, remoteAddress: client.remoteAddress }, 'A source is attached.');
      feed({ kind: 'announceSource', source });
      client.listen({
        onAdu: whileConnected(handleAdu),
        onKeepAlive,
        onStated: whileConnected<Source>((source) => feed({ kind: 'announceSource', source })),
        onLeaving: whileConnected<void>(() => withdraw('it said that it is leaving')),
        onClose: whileConnected<string>(() => lose('its connection closed')),
      });
      sendWanted(options.wanted?.(source.id) ?? []);
    },
    tick: () => {
      const at = attended();
      if (isConnected && at - heardAt > CLIENT_SILENT_MS) lose('it fell silent');
      if (!isConnected && at - lostAt > CLIENT_GRACE_MS) withdraw('it did not come back');
    },
    lose,
    becomeReplaced: () => disconnect('the source came back on another connection'),
    sendLeaving: () => {
      if (isConnected) client.sendLeaving();
    },
    becomeFinal: () => {
      isFinal = true;
    },
  };
}
