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
  | 'httpPort'
  | 'overlayPort'
  | keyof LaunchFacts
>;

/** Makes the document of an order; `takeSeed` gives the key of the SCX with that id. */
export const launchFrom =
  (template: LaunchTemplate, takeSeed: (id: string) => string, clusterKey: SigningKey) =>
  ({ facts, ports, encoderTitles, ...order }: LaunchOrder): Launch => ({
    ...{ ...template, ...facts, ...order, encoderTitles: [...encoderTitles] },
    keySeed: takeSeed(order.id),
    voucher: vouchFor(clusterKey, order.session, order.id),
    ...{ httpPort: ports.http, overlayPort: ports.overlay },
  });
