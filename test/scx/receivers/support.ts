/** An overlay port of a real SCX with the part that serves clients that receive, and such clients. */
import { pino } from 'pino';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Adu } from '../../../src/gossamer/core/node.js';
import type { OverlayOptions } from '../../../src/overlay/overlay.js';
import { type AduFeed, createAduFeed } from '../../../src/scx/receivers/adu-feed.js';
import { createReceiverGate } from '../../../src/scx/receivers/receiver-gate.js';
import { createReceivers, type Receivers } from '../../../src/scx/receivers/receivers.js';
import { createSessionChannels } from '../../../src/scx/sources/session-channels.js';
import { encodeHello } from '../../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../../src/wire/hello.js';
import { adusIn } from '../../../src/wire/lot-codec.js';
import {
  connectRaw,
  eventually,
  type RawPeer,
  SESSION,
  type Station,
  startStation,
} from '../../overlay/support.js';
import { NIGHT } from '../support.js';

export interface Receiving {
  readonly station: Station;
  readonly feed: AduFeed;
  readonly receivers: Receivers;
  /** Lets the clock by which silence is measured go on by that much, ms. */
  pass(ms: number): void;
}

interface Changes {
  readonly channels?: readonly number[];
  readonly listenersMax?: number;
  readonly hasSlot?: (address: string) => boolean;
  readonly overlay?: Partial<OverlayOptions>;
}

/** Starts one. */
export async function startReceiving(number: number, changes: Changes = {}): Promise<Receiving> {
  const { channels = [1, 2, 7], listenersMax = 100, hasSlot = () => true } = changes;
  let aheadMs = 0;
  const now = (): number => performance.now() + aheadMs;
  const feed = createAduFeed({
    channels: createSessionChannels(channels.map((id) => ({ id }))),
    burstMs: 500,
    staleMs: 5000,
    now,
  });
  const hook = { isSet: false, ask: () => Promise.reject(new Error()), onLeft: () => {} };
  const tickets = { isPrivate: false, refusal: () => undefined, mayGoOn: () => true };
  const gate = createReceiverGate({
    ...{ name: NIGHT, channels: feed.channels, identities: { hasSlot } },
    tickets: { ...tickets, set: () => {}, onChange: () => {} },
    hook: { ...hook, set: () => {}, onSources: () => {}, close: async () => {}, counters },
    hasRoom: () => receivers.count < listenersMax,
  });
  const receivers = createReceivers({
    ...{ feed, gate, hook, now, attended: now, log: pino({ level: 'silent' }) },
    identities: { enter: () => {}, leave: () => {} },
    audience: () => ({ listeners: receivers.count, scxListeners: receivers.count }),
  });
  const station = await startStation(number, [], {
    config: { ...FAST, channels },
    onDeliver: (adu) => {
      feed.handleAdu(adu);
      if (adu.channel === 1) feed.onPlayed(adu.source, [adu]);
    },
    objectionToReceiver: receivers.gate.objectionTo,
    onReceiver: receivers.handleReceiver,
    ...changes.overlay,
  });
  return {
    ...{ station, feed, receivers },
    pass: (ms) => {
      aheadMs += ms;
    },
  };
}

const counters = { asked: 0, denied: 0, failed: 0, lost: 0 };

/** A client that says HELLO for some channels, with anything else in it. */
export function connectReceiver(
  { station }: Receiving,
  channels: readonly number[],
  more: object = {},
): RawPeer {
  const peer = connectRaw(station.overlay.address);
  const greeting = { version: WIRE_VERSION, session: SESSION, purpose: 'receive' } as const;
  peer.send(encodeHello({ ...greeting, channels, positions: [], ...more }));
  return peer;
}

/** Waits until the SCX has let a client in. */
export const isIn = (peer: RawPeer): Promise<void> =>
  eventually(() => peer.heard.some(({ kind }) => kind === 'hello'));

/** The ADUs that a client was sent. */
export const adusOf = ({ heard }: RawPeer): readonly Adu[] =>
  heard.flatMap((event) => (event.kind === 'lot' ? adusIn(event, event.lot) : []));

/** Why a client was refused or ended. */
export const reasonOf = ({ heard }: RawPeer): string | undefined =>
  heard.flatMap((event) => (event.kind === 'refusal' ? [event.reason] : []))[0];
