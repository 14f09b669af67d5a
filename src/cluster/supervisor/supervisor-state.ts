/** The state that the parts of the supervisor share: its tables, and the list of effects. */
import type { AwaitedPorts } from './awaited-ports.js';
import type { RequestList } from './request-list.js';
import type { ScxTable } from './scx-table.js';
import type { SlotTable } from './slot-table.js';
import type { SupervisorConfig } from './supervisor-config.js';
import type { SupervisorEffect } from './supervisor-types.js';

export interface SupervisorState {
  readonly config: SupervisorConfig;
  readonly scxs: ScxTable;
  readonly slots: SlotTable;
  readonly requests: RequestList;
  readonly awaitedPorts: AwaitedPorts;
  /** All SCXs are to end, and none is launched any more. */
  stopping: boolean;
  tell(effect: SupervisorEffect): void;
}

/** Tells the operator something. */
export const log = (
  { tell }: SupervisorState,
  level: 'info' | 'warn' | 'error',
  message: string,
  session: string,
): void => tell({ kind: 'log', level, message, session });
