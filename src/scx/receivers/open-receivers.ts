/** Puts together what serves clients that receive. */
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import type { GossamerView } from '../../gossamer/view.js';
import type { PlacedSession } from '../../session/session-id.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { Playout } from '../listeners/playout.js';
import type { TicketGate } from '../listeners/ticket-gate.js';
import type { SessionChannels } from '../sources/session-channels.js';
import { OFF_AIR_MS } from '../sources/source-timeouts.js';
import { createAduFeed } from './adu-feed.js';
import { createReceiverGate } from './receiver-gate.js';
import { createReceivers } from './receivers.js';

export interface OpenReceiversOptions {
  readonly launch: Launch;
  readonly channels: SessionChannels;
  readonly name: PlacedSession;
  readonly tickets: TicketGate;
  readonly identities: ListenerIdentities;
  readonly hook: ListenerHook;
  readonly log: Logger;
  now(): number;
  attended(): number;
}

/** The parts of the SCX that are opened later; before, nobody is let in. */
interface Around {
  readonly playout: Playout;
  view(): GossamerView;
}

/** Creates the feed and the clients, none so far. */
export function openReceivers(options: OpenReceiversOptions) {
  const { launch, hook, identities, tickets, log, now, attended } = options;
  let around: Around | undefined;
  const feed = createAduFeed({
    channels: options.channels,
    ...{ burstMs: launch.burstMs, staleMs: OFF_AIR_MS, now },
  });
  const gate = createReceiverGate({
    ...{ name: options.name, channels: feed.channels, tickets, identities, hook },
    hasRoom: () => around?.playout.listeners.hasRoom === true,
  });
  const audience = () => {
    const played = around?.playout.playing();
    const found = around?.view().sources.find(({ source }) => source.id === played);
    const scxListeners = around?.playout.audience.count ?? 0;
    return { listeners: found?.audience ?? scxListeners, scxListeners };
  };
  const receivers = createReceivers({ feed, gate, hook, identities, log, audience, now, attended });
  tickets.onChange(receivers.check);
  return {
    feed,
    receivers,
    listenTo: (parts: Around): void => {
      around = parts;
    },
  };
}
