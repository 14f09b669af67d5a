/**
 * The thread that keeps the history: SQLite waits for the disk, which may be slow or hang, and the front
 * end must not. It answers each order once, in order. What fails is answered with the reason, and the file
 * is opened anew with the next order.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openStore, type Store } from './store.js';
import { isDamaged } from './store-file.js';
import type { StoreAnswer, StoreOrder, StorePlace } from './store-order.js';

const place = workerData as StorePlace;
/** Interval between removals of what is too old, ms. */
const TRIM_MS = 600_000;

let store: Store | undefined;
let trimmedAt = Number.NEGATIVE_INFINITY;
/** What has happened since the last answer. */
let notes: { isReplaced?: true; hasMadeRoom?: true } = {};

function opened(): Store {
  if (store !== undefined) return store;
  store = openStore(place);
  if (store.isReplaced) notes.isReplaced = true;
  return store;
}

function add(order: Extract<StoreOrder, { kind: 'add' }>): undefined {
  if (opened().add(order.batch)) notes.hasMadeRoom = true;
  if (performance.now() - trimmedAt < TRIM_MS) return;
  trimmedAt = performance.now();
  opened().trim(order.now);
}

function close(): void {
  const closing = store;
  store = undefined;
  closing?.close();
}

function carryOut(order: StoreOrder): unknown {
  switch (order.kind) {
    case 'add':
      return add(order);
    case 'chart':
      return opened().chart(order.query);
    case 'listening':
      return opened().listening(order.span);
    case 'events':
      return opened().events(order.countMax);
    case 'close':
      return close();
  }
}

/** A damaged file is replaced when it is opened, and the order carried out on the new one. */
function carryOutAnywhere(order: StoreOrder): unknown {
  try {
    return carryOut(order);
  } catch (error) {
    try {
      close();
    } catch {
      // The file cannot even be closed: what has failed is told.
    }
    if (!isDamaged(error)) throw error;
    return carryOut(order);
  }
}

function answer(order: StoreOrder): StoreAnswer {
  try {
    const value = carryOutAnywhere(order);
    const about = { ...notes, bytes: store?.bytes ?? 0 };
    notes = {};
    return { ok: true, value, ...about };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

parentPort?.on('message', (order: StoreOrder) => parentPort?.postMessage(answer(order)));
