/**
 * The messages on data connections (§3.8), between a child and its parent: SUBSCRIBE and
 * UNSUBSCRIBE and their answers, the requests for lost ADUs on lossy channels, and the number of
 * listeners. Each is handed to the flow, to the children or to the audience reports.
 */
import type { DataMessage } from '../core/message.js';
import type { Member } from '../core/node.js';
import type { AudienceReports } from './audience-reports.js';
import type { Children } from './children.js';
import type { Flow } from './flow.js';
import type { KnownSources } from './known-sources.js';
import type { OptionalChannels } from './optional-channels.js';
import type { Progress } from './stream/stream.js';
import type { Upkeep } from './upkeep.js';

export interface DataMessagesOptions {
  readonly sources: Pick<KnownSources, 'flowOf'>;
  readonly children: Children;
  readonly audience: AudienceReports;
  readonly upkeep: Pick<Upkeep, 'repairBy'>;
  readonly optional: Pick<OptionalChannels, 'openFor'>;
  /** Delivers what has become deliverable. */
  onProgress(flow: Flow, progress: Progress): void;
}

/** A handler of data messages. */
export type HandleData = (from: Member, message: DataMessage, now: number) => void;

/** Creates a handler that passes each message to its handler. */
export function createDataMessages(options: DataMessagesOptions): HandleData {
  const { sources, children, audience, upkeep, optional, onProgress } = options;
  return (from, message, now) => {
    if (message.kind === 'audience') {
      return audience.handle(from.id, message.source, message.listeners);
    }
    const flow = sources.flowOf(message.source, message.channel);
    if (message.kind === 'subscribe') {
      return children.subscribe(flow ?? optional.openFor(from.id, message, now), from, message);
    }
    if (flow === undefined) return;
    switch (message.kind) {
      case 'unsubscribe':
        return children.unsubscribe(flow, from.id);
      case 'subscribed':
        return onProgress(flow, flow.onSubscribed(from.id, message.from, now));
      case 'refused':
        return flow.onRefused(from.id, now);
      case 'nack':
        return children.repair(flow, from.id, message.ranges);
      case 'head':
        flow.onHead(from.id, message.next, now);
        return upkeep.repairBy(flow.repairsAt());
      case 'lost':
        return onProgress(flow, flow.onLost(from.id, message.range, now));
    }
  };
}
