/**
 * The group of our own receivers: what they play goes there once for all of them, as lots with their
 * signatures, so that each receiver verifies it as it does over its own connection. It begins where the
 * receivers' own cursors in the logs end, so nothing is left out or sent twice when one is moved.
 *
 * Nothing but a short state is sent while nobody is on the group, and nothing at all while nobody could be.
 * What receivers ask for comes from the logs, within budgets (multicast/repairs.ts).
 *
 * Bounded: the logs; LOT_ADUS_MAX ADUs a datagram.
 */
import type { Adu } from '../../gossamer/core/node.js';
import {
  ADUS_HEADER_BYTES,
  decodeGroupContent,
  encodeAdus,
  encodeState,
  GROUP_DATAGRAM_BYTES_MAX,
  type Place,
  type Range,
} from '../../multicast/group-content.js';
import { createRepairs } from '../../multicast/repairs.js';
import type { GroupSeal } from '../../overlay/tls/group-seal.js';
import type { MulticastSocket } from '../../runtime/system/multicast-socket.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import type { GroupInvitation } from '../../wire/client-message.js';
import { DATAGRAM_HEADER_BYTES, DATAGRAM_PROOF_BYTES } from '../../wire/datagram.js';
import { encodeLot } from '../../wire/encoder.js';
import { lotFrameBytes, type Payloads } from '../../wire/lot-codec.js';
import type { AduFeed } from './adu-feed.js';

/** Receivers of the group: those that could be moved to it, and those that are on it or on their way. */
export interface GroupAudience {
  readonly invited: number;
  readonly moved: number;
}

export interface OwnGroup {
  readonly invitation: GroupInvitation;
  /** The channels that it carries. */
  readonly channels: readonly number[];
  /** Where the next ADU of each channel stands: the first one that goes to the group. */
  places(): readonly Place[];
  /** Sends what is new, if somebody is on the group. */
  sendNews(audience: GroupAudience): void;
  /** Tells how far it is; to be called every STATE_MS. */
  sendState(audience: GroupAudience): void;
  /** A datagram of the group, and the address that it came from. */
  onDatagram(datagram: Uint8Array, address: string): void;
  /** What has happened so far. */
  counters(): GroupCounters;
}

interface GroupCounters {
  /** Datagrams with ADUs, the first time and again. */
  sent: number;
  bytes: number;
  /** Requests that were taken and refused, and ADUs that were sent again. */
  asked: number;
  readonly refused: number;
  readonly repaired: number;
}

export interface OwnGroupOptions {
  readonly invitation: GroupInvitation;
  readonly feed: Pick<AduFeed, 'channels' | 'log'>;
  readonly seal: GroupSeal;
  readonly socket: Pick<MulticastSocket, 'send'>;
  now(): number;
}

/** How often the state is sent, ms: recovery.ts gives a group up after three that did not come. */
export const STATE_MS = 200;

/** What the lot of a datagram may take, bytes. */
const LOT_BYTES_MAX =
  GROUP_DATAGRAM_BYTES_MAX - DATAGRAM_HEADER_BYTES - DATAGRAM_PROOF_BYTES - ADUS_HEADER_BYTES;

/**
 * Sound, and the titles that belong to it. Other channels may carry ADUs of 64 KiB, which no datagram of a
 * local network has room for, and few receivers: they stay on the connections.
 */
const CARRIED: readonly number[] = [TITLE_CHANNEL, AUDIO_CHANNEL];

/** ADUs of one lot at places one after the other. */
interface Part {
  readonly place: number;
  readonly lot: NonNullable<Adu['lot']>;
  readonly payloads: Payloads;
  readonly next: number;
}

const partOf = ({ lot, sequence, payload }: Adu, place: number): Part | undefined => {
  if (lot === undefined) return undefined;
  const payloads = Array.from<Uint8Array | undefined>({ length: lot.count });
  return { place, lot, payloads: payloads.with(sequence - lot.first, payload), next: sequence + 1 };
};

/** The part with another ADU; undefined: that does not belong to it, or there is no room. */
function extended(part: Part, { lot, sequence, payload }: Adu): Part | undefined {
  if (lot !== part.lot || sequence !== part.next) return undefined;
  const payloads = part.payloads.with(sequence - part.lot.first, payload);
  return lotFrameBytes(payloads) <= LOT_BYTES_MAX
    ? { ...part, payloads, next: sequence + 1 }
    : undefined;
}

/** Creates a group that nobody is on. */
export function createOwnGroup(options: OwnGroupOptions): OwnGroup {
  const { feed, seal, socket, now } = options;
  const channels = CARRIED.filter((channel) => feed.channels().includes(channel));
  const repairs = createRepairs();
  const counters = { sent: 0, bytes: 0, asked: 0 };
  /** By channel, the place that is sent next; empty while nobody is on the group. */
  const cursors = new Map<number, number>();

  const send = (content: Uint8Array): void => {
    const datagram = seal.seal(content);
    counters.bytes += datagram.length;
    socket.send(datagram);
  };

  const sendPart = (channel: number, { place, lot, payloads }: Part): void => {
    counters.sent++;
    send(encodeAdus({ channel, place }, encodeLot(lot, payloads)));
  };

  /** Sends what stands at these places, in as few datagrams as possible. */
  const sendPlaces = (channel: number, places: Iterable<number>): void => {
    let part: Part | undefined;
    let expected = -1;
    for (const place of places) {
      const adu = feed.log(channel)?.at(place);
      if (adu === undefined) continue;
      const longer = part && place === expected ? extended(part, adu) : undefined;
      if (part !== undefined && longer === undefined) sendPart(channel, part);
      part = longer ?? partOf(adu, place);
      expected = place + 1;
    }
    if (part !== undefined) sendPart(channel, part);
  };

  const endOf = (channel: number): number => feed.log(channel)?.end ?? 0;

  const places = (): Place[] =>
    channels.map((channel) => {
      const place = cursors.get(channel) ?? endOf(channel);
      cursors.set(channel, place);
      return { channel, place };
    });

  const repair = (ranges: readonly Range[]): void => {
    counters.asked++;
    const isThere = ({ channel, place }: Place): boolean =>
      place < (cursors.get(channel) ?? 0) && feed.log(channel)?.at(place) !== undefined;
    const granted = repairs.placesFor(ranges, isThere, now());
    for (const channel of channels) {
      const own = granted.filter((one) => one.channel === channel).map(({ place }) => place);
      sendPlaces(
        channel,
        own.sort((a, b) => a - b),
      );
    }
  };

  return {
    ...{ invitation: options.invitation, channels, places },
    sendNews: ({ moved }) => {
      if (moved === 0) return cursors.clear();
      for (const { channel, place } of places()) {
        const end = endOf(channel);
        const count = Math.max(0, end - place);
        sendPlaces(
          channel,
          Array.from({ length: count }, (_, index) => place + index),
        );
        cursors.set(channel, end);
      }
    },
    sendState: ({ invited, moved }) => {
      if (moved === 0) cursors.clear();
      if (invited === 0) return;
      const ends = channels.map((channel) => ({
        channel,
        place: cursors.get(channel) ?? endOf(channel),
      }));
      send(encodeState(moved, ends));
    },
    onDatagram: (datagram, address) => {
      if (cursors.size === 0 || !seal.isOther(datagram)) return;
      if (!repairs.admits(address, now())) return;
      const opened = seal.open(datagram);
      const content = opened && decodeGroupContent(opened.content);
      if (content?.ok === true && content.value.kind === 'ask') repair(content.value.ranges);
    },
    counters: () => ({ ...counters, ...repairs.counters }),
  };
}
