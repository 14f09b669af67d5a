/**
 * A queue of future events, ordered by (instant, sequence number): events of the same instant
 * leave in the order in which they entered, which makes a run repeatable. A heap with four children
 * to a node. Its keys lie in typed arrays of their own: a session of thousands of SCXs has many
 * thousands of events waiting, and to compare two of them touches no object.
 */

/** A queue ordered by instant, first in first out among equals. */
export interface EventQueue<Event> {
  push(instant: number, event: Event): void;
  /** Removes the earliest event: the one at `next()`. */
  pop(): Event | undefined;
  /** The earliest instant; Infinity when empty. */
  next(): number;
  size(): number;
}

const CHILDREN = 4;
const ROOM_FIRST = 1024;

const grown = (array: Float64Array): Float64Array => {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
};

/** Creates an empty queue. */
export function createEventQueue<Event>(): EventQueue<Event> {
  let instants: Float64Array = new Float64Array(ROOM_FIRST);
  let sequences: Float64Array = new Float64Array(ROOM_FIRST);
  const events: Event[] = [];
  let sequence = 0;

  const isEarlier = (a: number, b: number): boolean => {
    const difference = (instants[a] as number) - (instants[b] as number);
    if (difference !== 0) return difference < 0;
    return (sequences[a] as number) < (sequences[b] as number);
  };

  const copy = (from: number, to: number): void => {
    instants[to] = instants[from] as number;
    sequences[to] = sequences[from] as number;
    events[to] = events[from] as Event;
  };

  const put = (index: number, instant: number, number: number, event: Event): void => {
    instants[index] = instant;
    sequences[index] = number;
    events[index] = event;
  };

  /**
   * Makes room for an event of that instant, behind the others of the same instant; returns its
   * index.
   */
  const makeWay = (instant: number): number => {
    let index = events.length;
    if (index === instants.length) {
      instants = grown(instants);
      sequences = grown(sequences);
    }
    while (index > 0) {
      const parent = Math.floor((index - 1) / CHILDREN);
      if ((instants[parent] as number) <= instant) break;
      copy(parent, index);
      index = parent;
    }
    return index;
  };

  const earliestChild = (index: number, size: number): number => {
    const first = CHILDREN * index + 1;
    const end = Math.min(first + CHILDREN, size);
    let earliest = first;
    for (let child = first + 1; child < end; child++)
      if (isEarlier(child, earliest)) earliest = child;
    return earliest;
  };

  /** Fills the hole at the top, and puts the last event, which stands at `last`, where it belongs. */
  const closeUp = (last: number): void => {
    let index = 0;
    while (CHILDREN * index + 1 < last) {
      const child = earliestChild(index, last);
      if (!isEarlier(child, last)) break;
      copy(child, index);
      index = child;
    }
    copy(last, index);
  };

  return {
    push: (instant, event) => put(makeWay(instant), instant, sequence++, event),
    pop: () => {
      if (events.length === 0) return undefined;
      const first = events[0];
      closeUp(events.length - 1);
      events.pop();
      return first;
    },
    next: () => (events.length === 0 ? Number.POSITIVE_INFINITY : (instants[0] as number)),
    size: () => events.length,
  };
}
