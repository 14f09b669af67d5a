/**
 * The part of a reception that uses the SCX's group in the local network (§2.5): "The client initially
 * attempts to communicate with the SCX over the IP multicast group, but reverts to unicast communication if
 * that fails." The machine (multicast/recovery.ts) decides; this file has the socket, the key and the clock.
 *
 * What comes by the group is believed as what comes over the connection: lot by lot, by its signature. All
 * receivers know the key of the group, so a datagram that is not believed is dropped, and is no reason to
 * leave the SCX. For the same reason the SCX tells over the connection how far it is: nobody else could
 * keep the group silent for long by pretending that there is nothing to send.
 *
 * Bounded: recovery.ts; HELD_BYTES_MAX while the outputs are full, then a slow output holds up the
 * connection, as a group does not wait; OTHERS requests of others.
 */
import { randomInt } from 'node:crypto';
import type { Adu } from '../../gossamer/core/node.js';
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { plainAddress } from '../../lib/host-port.js';
import { drive } from '../../lib/machine.js';
import { createRng } from '../../lib/rng.js';
import { decodeGroupContent, encodeAsk, type GroupContent } from '../../multicast/group-content.js';
import {
  createRecovery,
  type RecoveryEffect,
  type RecoveryInput,
} from '../../multicast/recovery.js';
import { createGroupSeal, drawSender, type GroupSeal } from '../../overlay/tls/group-seal.js';
import {
  interfaceAddress,
  type MulticastSocket,
  openMulticastSocket,
} from '../../runtime/system/multicast-socket.js';
import type { ClientMessage, GroupInvitation } from '../../wire/client-message.js';
import type { Position } from '../../wire/hello.js';
import type { LotFrame } from '../../wire/lot-codec.js';

/** What becomes of the group, for the user. */
export type GroupEvent =
  | { readonly kind: 'onGroup'; readonly group: string }
  | { readonly kind: 'offGroup'; readonly why: string };

export interface GroupReceptionOptions {
  /** The interface by name or address; default: the one that leads to the SCX. */
  readonly interfaceName: string | undefined;
  /** Our address on the connection to the SCX. */
  readonly localAddress: string;
  /** The ADUs of a lot, if it is believed. */
  believed(lot: LotFrame): readonly Adu[];
  take(adu: Adu): void;
  positions(): readonly Position[];
  /** Sends a message to the SCX. */
  send(message: ClientMessage): void;
  onEvent(event: GroupEvent): void;
  /** Measures silence: a group is not silent while this process cannot listen, ms. */
  attended(): number;
}

export interface GroupReception {
  /** Takes a message of the SCX that is about the group; false: it is about something else. */
  handle(message: ClientMessage): boolean;
  /** Whether what is received can be passed on. */
  setReading(isReading: boolean): void;
  close(): void;
}

/** Half a minute of the densest stream that the outputs have not taken. Guess. */
const HELD_BYTES_MAX = 1024 * 1024;
/** Datagrams of others that are looked at, for each of which keys may have to be derived. Guess. */
const OTHERS = { burst: 200, everyMs: 5 } as const;

const WHY = {
  silent: 'the multicast group is silent',
  lost: 'something did not come by the multicast group',
  full: 'the output is too slow for the multicast group',
} as const;

/** ADUs one after the other; a lot with gaps is not what an SCX sends to a group. */
const areInOrder = (adus: readonly Adu[]): boolean =>
  adus.every(({ sequence }, index) => sequence === (adus[0]?.sequence ?? 0) + index);

/** Creates the reception by a group to which we have not been invited yet. */
export function createGroupReception(options: GroupReceptionOptions): GroupReception {
  const { attended } = options;
  const recovery = createRecovery<Adu>(createRng(randomInt(2 ** 31)));
  const others = createTokenBucket(OTHERS.burst, OTHERS.everyMs);
  const timers = new Set<NodeJS.Timeout>();
  let invitation: GroupInvitation | undefined;
  let seal: GroupSeal | undefined;
  let socket: MulticastSocket | undefined;
  let isReading = true;
  let isClosed = false;
  let held: Adu[] = [];
  let heldBytes = 0;

  const goBack = (why: keyof typeof WHY): void => {
    held = [];
    heldBytes = 0;
    options.send({ kind: 'unheard', positions: options.positions() });
    options.onEvent({ kind: 'offGroup', why: WHY[why] });
  };

  const hold = (adu: Adu): void => {
    held.push(adu);
    heldBytes += adu.payload.length;
  };

  const deliver = (adus: readonly Adu[]): void => {
    for (const adu of adus) {
      if (isReading && held.length === 0) options.take(adu);
      else hold(adu);
    }
    if (heldBytes <= HELD_BYTES_MAX) return;
    setImmediate(() => {
      feed({ kind: 'stop' });
      goBack('full');
    });
  };

  const perform = (effect: RecoveryEffect<Adu>): void => {
    if (isClosed) return;
    if (effect.kind === 'deliver') deliver(effect.items);
    else if (effect.kind === 'ask' && seal !== undefined) {
      socket?.send(seal.seal(encodeAsk(effect.ranges)));
    } else if (effect.kind === 'join') options.send({ kind: 'heard' });
    else if (effect.kind === 'leave') goBack(effect.why);
  };

  const wakeAt = (instant: number, wake: () => void): void => {
    if (isClosed) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        wake();
      },
      Math.max(0, Math.ceil(instant - attended())),
    );
    timers.add(timer);
  };

  const run = drive(recovery, { now: attended, perform, wakeAt });
  const feed = (input: RecoveryInput<Adu>): void => {
    if (!isClosed) run(input);
  };

  /** The content of a datagram, and whether it is the SCX's. */
  const contentOf = (datagram: Uint8Array, sealed: GroupSeal) => {
    const isOfScx = sealed.isOfScx(datagram);
    const isLookedAt = isOfScx || (recovery.mode() === 'on' && others.take(performance.now()));
    const opened = isLookedAt ? sealed.open(datagram) : undefined;
    const found = opened && decodeGroupContent(opened.content);
    return found?.ok === true ? { ...found.value, isOfScx } : undefined;
  };

  const onContent = (content: GroupContent): void => {
    // While nothing can be taken the group is not joined.
    if (content.kind === 'state' && (isReading || recovery.mode() === 'on')) return feed(content);
    if (content.kind !== 'adus') return;
    const items = options.believed(content.lot);
    if (items.length > 0 && areInOrder(items)) feed({ ...content, kind: 'items', items });
  };

  const onDatagram = (datagram: Uint8Array): void => {
    if (seal === undefined || !seal.isOther(datagram)) return;
    const content = contentOf(datagram, seal);
    if (content?.kind === 'ask') feed({ ...content, kind: 'asked' });
    else if (content?.isOfScx === true) onContent(content);
  };

  const open = async ({ address: group, port }: GroupInvitation): Promise<void> => {
    const { interfaceName, localAddress } = options;
    const found = interfaceName === undefined ? undefined : interfaceAddress(interfaceName);
    const opened = await openMulticastSocket({
      ...{ group, port, ttl: 1, onDatagram },
      interfaceAddress: found ?? plainAddress(localAddress),
    });
    if (isClosed) await opened.close();
    else socket = opened;
  };

  const onInvited = (found: GroupInvitation): void => {
    if (invitation !== undefined) return;
    invitation = found;
    const key = Buffer.from(found.key, 'base64url');
    seal = createGroupSeal({ key, scx: found.token }, drawSender());
    open(found).catch(() => undefined); // then everything comes over the connection
  };

  return {
    handle: (message) => {
      if (message.kind === 'group') onInvited(message);
      else if (message.kind === 'onGroup') {
        feed({ kind: 'begin', places: message.places });
        const group = invitation?.address ?? '';
        if (recovery.mode() === 'on') options.onEvent({ kind: 'onGroup', group });
      } else if (message.kind === 'alive' && message.places !== undefined) {
        feed({ kind: 'told', ends: message.places });
      } else return false;
      return true;
    },
    setReading: (reading) => {
      isReading = reading;
      while (isReading && held.length > 0) {
        const adu = held.shift() as Adu;
        heldBytes -= adu.payload.length;
        options.take(adu);
      }
    },
    close: () => {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      void socket?.close();
    },
  };
}
