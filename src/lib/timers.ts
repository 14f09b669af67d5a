/**
 * The timers of one machine: a handful of named instants. A machine owns one set and derives its
 * deadline from it. Bounded by the number of names, which each owner keeps small.
 */

/** A set of named instants. */
export interface Timers<Name extends string> {
  /** Sets or moves a timer. */
  set(name: Name, instant: number): void;
  /** Sets the timer unless it would already ring by then. */
  setSooner(name: Name, instant: number): void;
  clear(name: Name): void;
  /** Removes and returns one timer due by now, the earliest first. */
  takeDue(now: number): Name | undefined;
  /** The earliest instant; Infinity if none. */
  next(): number;
}

/** Creates an empty set of timers; `onSet` is called with each instant that is set. */
export function createTimers<Name extends string>(onSet?: (instant: number) => void): Timers<Name> {
  const instants = new Map<Name, number>();
  let next = Number.POSITIVE_INFINITY;
  const refresh = (): void => {
    next = Number.POSITIVE_INFINITY;
    for (const instant of instants.values()) if (instant < next) next = instant;
  };
  const set = (name: Name, instant: number): void => {
    instants.set(name, instant);
    refresh();
    onSet?.(instant);
  };
  return {
    set,
    setSooner: (name, instant) => {
      if (instant < (instants.get(name) ?? Number.POSITIVE_INFINITY)) set(name, instant);
    },
    clear: (name) => {
      if (instants.delete(name)) refresh();
    },
    takeDue: (now) => {
      if (next > now) return undefined;
      for (const [name, instant] of instants) {
        if (instant !== next) continue;
        instants.delete(name);
        refresh();
        return name;
      }
      return undefined;
    },
    next() {
      return next;
    },
  };
}
