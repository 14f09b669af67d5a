/** What the front end and the thread with the store tell each other. */
import type { Batch, Span } from '../../api/dashboard/history-rows.js';
import type { ChartQuery } from './store-reports.js';

/** Where the store is, and how large it may become. */
export interface StorePlace {
  readonly file: string;
  readonly bytesMax: number;
}

export type StoreOrder =
  /** `now`: s since 1970. */
  | { readonly kind: 'add'; readonly batch: Batch; readonly now: number }
  | { readonly kind: 'chart'; readonly query: ChartQuery }
  | { readonly kind: 'listening'; readonly span: Span }
  | { readonly kind: 'events'; readonly countMax: number }
  | { readonly kind: 'close' };

export type StoreAnswer =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** The size of the file. */
      readonly bytes: number;
      /** The file was damaged, and another one is begun. */
      readonly isReplaced?: true;
      /** Old spans were removed before their time, as the file was as large as it may become. */
      readonly hasMadeRoom?: true;
    }
  | { readonly ok: false; readonly reason: string };
