/**
 * The launch document of an SCX (api/scx-launch.ts): what all of a cluster have in common, and its
 * order.
 */
import type { Launch, LaunchFacts } from '../../api/scx-launch.js';
import type { LaunchOrder } from '../supervisor/supervisor-types.js';

/** The launch parameters that all SCXs of a cluster share. */
export type LaunchTemplate = Omit<
  Launch,
  | 'id'
  | 'session'
  | 'rendezvous'
  | 'formerNeighbours'
  | 'encoderTitles'
  | 'httpPort'
  | 'overlayPort'
  | keyof LaunchFacts
>;

/** Makes the document of an order. */
export const launchFrom =
  (template: LaunchTemplate) =>
  ({ facts, ports, encoderTitles, ...order }: LaunchOrder): Launch => ({
    ...{ ...template, ...facts, ...order, encoderTitles: [...encoderTitles] },
    ...{ httpPort: ports.http, overlayPort: ports.overlay },
  });
