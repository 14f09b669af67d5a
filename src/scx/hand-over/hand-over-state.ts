/**
 * The state of an SCX's hand-over: no order, handing over, succeeded, or failed and back to normal.
 * The status and the lease read it; the steps themselves are in hand-over.ts.
 */
import type { Logger } from 'pino';
import type { Order } from '../../api/hand-over-order.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { takeOrder } from './take-order.js';

export interface HandOverStateOptions {
  /** The file in which the cluster leaves orders; undefined: it leaves none. */
  readonly orderFile: string | undefined;
  readonly log: Logger;
  now(): number;
  /**
   * Carries out an order (hand-over.ts). `becomeSucceeded` is called once a successor has the port.
   * Resolves with the reason of a failure.
   */
  handOver(order: Order, becomeSucceeded: (withinMs: number) => void): Promise<string | undefined>;
  /** The state has changed; the front end should learn it. */
  onChange(): void;
}

/** The hand-over of one SCX. */
export interface HandOverState {
  /** Takes the order and carries it out; does nothing while another is being carried out. */
  start(): Promise<void>;
  /** A successor has taken over. */
  readonly isSucceeded: boolean;
  /** The time in which this process will have left, ms; undefined unless it is succeeded. */
  readonly leavesWithinMs: number | undefined;
  /** The last successor that failed. */
  readonly failedSuccessor: ScxStatus['failedSuccessor'];
}

/** The bound of the status field. */
const REASON_LENGTH_MAX = 300;

/** Creates an SCX that has no order yet. */
export function createHandOverState(options: HandOverStateOptions): HandOverState {
  const { now, onChange } = options;
  let isBusy = false;
  let leavesBy: number | undefined;
  let failedSuccessor: ScxStatus['failedSuccessor'];

  const becomeSucceeded = (withinMs: number): void => {
    leavesBy = now() + withinMs;
    onChange();
  };

  const carryOut = async (order: Order): Promise<void> => {
    const reason = await options.handOver(order, becomeSucceeded);
    if (reason === undefined) return;
    failedSuccessor = { id: order.launch.id, reason: reason.slice(0, REASON_LENGTH_MAX) };
    onChange();
  };

  return {
    start: async () => {
      if (isBusy) return;
      isBusy = true;
      const order = await takeOrder(options.orderFile, options.log);
      if (order !== undefined) await carryOut(order);
      isBusy = false;
    },
    get isSucceeded() {
      return leavesBy !== undefined;
    },
    get leavesWithinMs() {
      return leavesBy === undefined ? undefined : Math.max(0, leavesBy - now());
    },
    get failedSuccessor() {
      return failedSuccessor;
    },
  };
}
