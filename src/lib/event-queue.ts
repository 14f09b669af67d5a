/**
 * A queue of future events, ordered by (instant, sequence number): events of the same instant
 * leave in the order in which they entered, which makes a run repeatable. A binary heap.
 */

/** A queue ordered by instant, first in first out among equals. */
export interface EventQueue<Event> {
  push(instant: number, event: Event): void;
  /** Removes the earliest event. */
  pop(): { readonly instant: number; readonly event: Event } | undefined;
  /** The earliest instant; Infinity when empty. */
  readonly next: number;
  readonly size: number;
}

interface Entry<Event> {
  readonly instant: number;
  readonly sequence: number;
  readonly event: Event;
}

const earlier = <E>(a: Entry<E>, b: Entry<E>): boolean =>
  a.instant < b.instant || (a.instant === b.instant && a.sequence < b.sequence);

/** An empty queue. */
export function createEventQueue<Event>(): EventQueue<Event> {
  const heap: Entry<Event>[] = [];
  let sequence = 0;

  const at = (index: number): Entry<Event> => heap[index] as Entry<Event>;

  const siftUp = (start: number, entry: Entry<Event>): void => {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(entry, at(parent))) break;
      heap[index] = at(parent);
      index = parent;
    }
    heap[index] = entry;
  };

  const siftDown = (entry: Entry<Event>): void => {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(at(child + 1), at(child))) child++;
      if (!earlier(at(child), entry)) break;
      heap[index] = at(child);
      index = child;
    }
    heap[index] = entry;
  };

  return {
    push: (instant, event) => {
      const entry = { instant, sequence: sequence++, event };
      heap.push(entry);
      siftUp(heap.length - 1, entry);
    },
    pop: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) siftDown(last);
      return first;
    },
    get next() {
      return heap[0]?.instant ?? Number.POSITIVE_INFINITY;
    },
    get size() {
      return heap.length;
    },
  };
}
