import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventQueue, type EventQueue } from '../../src/lib/event-queue.js';

function popAll<Event>(queue: EventQueue<Event>): { instant: number; event: Event }[] {
  const popped: { instant: number; event: Event }[] = [];
  while (queue.size() > 0) {
    const instant = queue.next();
    popped.push({ instant, event: queue.pop() as Event });
  }
  return popped;
}

describe('An event queue', () => {
  test('is empty at first', () => {
    const queue = createEventQueue<string>();
    expect(queue.size()).toBe(0);
    expect(queue.next()).toBe(Number.POSITIVE_INFINITY);
    expect(queue.pop()).toBeUndefined();
  });

  test('gives the earliest event first and says when that is', () => {
    const queue = createEventQueue<string>();
    queue.push(30, 'late');
    queue.push(10, 'early');
    expect(queue.next()).toBe(10);
    expect(queue.pop()).toBe('early');
    expect(queue.next()).toBe(30);
    expect(queue.size()).toBe(1);
  });

  test('gives events of one instant in the order in which they entered', () => {
    const queue = createEventQueue<number>();
    for (let event = 0; event < 100; event++) queue.push(5, event);
    const events = popAll(queue).map((entry) => entry.event);
    expect(events).toEqual(Array.from({ length: 100 }, (_, event) => event));
  });

  test('orders as a stable sort does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3000 }), (instants) => {
        const queue = createEventQueue<number>();
        const pushed = instants.map((instant, event) => ({ instant, event }));
        for (const { instant, event } of pushed) queue.push(instant, event);
        expect(popAll(queue)).toEqual(pushed.toSorted((a, b) => a.instant - b.instant));
      }),
    );
  });

  test('orders as a stable sort does when pushes and pops alternate', () => {
    const step = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = createEventQueue<number>();
        let model: { instant: number; event: number }[] = [];
        for (const [event, instant] of steps.entries()) {
          if (instant === undefined) {
            expect(queue.pop()).toBe(model[0]?.event);
            model = model.slice(1);
          } else {
            queue.push(instant, event);
            model = [...model, { instant, event }].toSorted((a, b) => a.instant - b.instant);
          }
          expect(queue.size()).toBe(model.length);
          expect(queue.next()).toBe(model[0]?.instant ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });
});
