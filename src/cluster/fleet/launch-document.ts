/**
 * The launch document of an SCX (api/scx-launch.ts): what all of a cluster have in common, and its
 * order.
 */
import type { Launch, LaunchFacts } from '../../api/scx-launch.js';
import { vouchFor } from '../../overlay/tls/membership.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import type { LaunchOrder } from '../supervisor/supervisor-types.js';

/** The launch parameters that all SCXs of a cluster share. */
export type LaunchTemplate = Omit<
  Launch,
  | 'id'
  | 'keySeed'
  | 'voucher'
  | 'session'
  | 'rendezvous'
  | 'formerNeighbours'
  | 'encoderTitles'
  | 'segment'
  | 'multicast'
  | 'httpPort'
  | 'overlayPort'
  | keyof LaunchFacts
> & { readonly multicast?: MulticastSettings | undefined };

/** Multicast in the local network. */
export interface MulticastSettings {
  /** The groups that sessions may have, `ADDRESS/BITS`. */
  readonly groups: string;
  /** The name or the IPv4 address of the network interface. */
  readonly interface: string;
  readonly ttl: number;
  /** RTP is sent although there is no sign of a player. */
  readonly isAlways: boolean;
}

/**
 * Makes the document of an order; `takeSeed` gives the key of the SCX with that id, `groupOf` the groups of
 * a session.
 */
export const launchFrom =
  (
    { multicast, ...template }: LaunchTemplate,
    takeSeed: (id: string) => string,
    groupOf: (session: string) => string | null,
    clusterKey: SigningKey,
  ) =>
  ({ facts, ports, encoderTitles, ...order }: LaunchOrder): Launch => ({
    ...{ ...template, ...facts, ...order, encoderTitles: [...encoderTitles] },
    keySeed: takeSeed(order.id),
    voucher: vouchFor(clusterKey, order.session, order.id),
    ...{ httpPort: ports.http, overlayPort: ports.overlay },
    ...(multicast && {
      multicast: {
        ...{ interface: multicast.interface, ttl: multicast.ttl, isAlways: multicast.isAlways },
        group: groupOf(order.session),
      },
    }),
  });
