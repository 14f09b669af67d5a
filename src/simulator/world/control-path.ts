/**
 * Control messages in the simulated network. The first message to an address opens a connection,
 * which later messages in either direction share; it closes when nothing has used it for a while.
 */
import type { Message } from '../../gossamer/core/message.js';
import type { Address } from '../../gossamer/core/node.js';
import { CONNECT_TIMEOUT_MS, type Connections } from './connections.js';
import { controlKey } from './lanes.js';
import type { NetworkContext } from './network-context.js';
import type { SimulatedScx } from './simulated-scx.js';

export interface ControlPath {
  send(from: SimulatedScx, to: Address, message: Message): void;
  /** Closes a connection that is no longer needed, unless it is used again soon. */
  hangUp(from: SimulatedScx, to: Address): void;
  /** Answers which address is behind a rendezvous location: here they are the same. */
  locate(from: SimulatedScx, location: Address): void;
}

/** A connection that is no longer needed closes after this time without use, ms. */
const HANG_UP_MS = 1000;

/** How long it takes to learn that no SCX has an address, ms. Guess. */
const UNKNOWN_ADDRESS_MS = 10;

/** How long a location's address is looked up, ms. Guess. */
const LOCATE_MS = 1;

/** Creates the path of control messages over `connections`. */
export function createControlPath(context: NetworkContext, connections: Connections): ControlPath {
  const { lanes, deferred, counters, now, at, find } = context;
  const { isCut, refusalMs, transmit, close } = connections;
  const { links } = lanes.control;

  const fail = (from: SimulatedScx, to: Address, afterMs: number): void =>
    at(now() + afterMs, () =>
      deferred.run(from, () => from.feed({ kind: 'linkDown', address: to, reason: 'unreachable' })),
    );

  /** A dead SCX refuses new connections; what is sent over an open one is lost. */
  const sendToDead = (from: SimulatedScx, to: SimulatedScx, address: Address): void => {
    if (!links.has(controlKey(from, to))) fail(from, address, refusalMs(from, to));
  };

  return {
    send: (from, address, message) => {
      counters.messages++;
      const to = find(address);
      if (to === undefined) return fail(from, address, UNKNOWN_ADDRESS_MS);
      if (!to.isUp) return sendToDead(from, to, address);
      const key = controlKey(from, to);
      const link = links.get(key);
      if (link === undefined && isCut(from, to)) return fail(from, address, CONNECT_TIMEOUT_MS);
      const member = from.gossamer.self();
      const used = link ?? lanes.open(key, from, to);
      transmit(used, from, { kind: 'received', from: member, message });
    },
    hangUp: (from, address) => {
      const to = find(address);
      if (to === undefined) return;
      const link = links.get(controlKey(from, to));
      if (link === undefined) return;
      at(now() + HANG_UP_MS, () => {
        const isIdle = now() - link.usedAt >= HANG_UP_MS;
        if (link.isOpen && isIdle && !isCut(from, to)) close(link, [from, to]);
      });
    },
    locate: (from, location) =>
      at(now() + LOCATE_MS, () =>
        deferred.run(from, () => from.feed({ kind: 'located', location, address: location })),
      ),
  };
}
