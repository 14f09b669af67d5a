/** A server that is measured. Each is opened alone, and closed before the next one. */
export interface RivalOptions {
  /** The number of listeners that will connect. */
  readonly listeners: number;
  readonly scxs: number;
  /** The compiled floor.c. */
  readonly floor: string;
  /** The floor's interval between two sends, ms. */
  readonly tickMs: number;
}

export interface RivalServer {
  /** The processes that serve listeners. */
  readonly pids: readonly number[];
  /** Where listeners connect; each server has the same share of them. */
  readonly urls: readonly string[];
  close(): Promise<void>;
}

/** Resolves when it is on the air at 128 kbit/s. */
export type Rival = (options: RivalOptions) => Promise<RivalServer>;
