/** What the parts of the supervisor share: its tables, and the way for what it says. */
import type { RequestList } from './request-list.js';
import type { ScxTable, TrackedScx } from './scx-table.js';
import type { SlotTable } from './slot-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import type { SupervisorEffect } from './supervisor-types.js';

export interface SupervisorState {
  readonly config: SupervisorConfig;
  readonly scxs: ScxTable;
  readonly slots: SlotTable;
  readonly requests: RequestList;
  /** All SCXs are to end; none is launched any more. */
  stopping: boolean;
  tell(effect: SupervisorEffect): void;
}

/** Says something to the operator. */
export const log = (
  { tell }: SupervisorState,
  level: 'info' | 'warn' | 'error',
  message: string,
  session: string,
): void => tell({ kind: 'log', level, message, session });

/** How an SCX ended. */
export interface End {
  readonly scx: TrackedScx;
  /** A sentence for the log and for clients. */
  readonly reason: string;
  /** As it should: without clients, or because it was told to. */
  readonly normal: boolean;
}
