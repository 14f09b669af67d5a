import { describe, expect, test } from 'vitest';
import { createEntryRequests, WINDOW } from '../../../src/gossamer/entries/entry-requests.js';
import { nodeId } from '../support.js';
import { tagOfNumber } from './support.js';

const [A, B] = [nodeId(1), nodeId(2)];
const stamp = (slot: number, issuedMs = 1000) => ({ author: tagOfNumber(9), slot, issuedMs });
const slots = (ids: readonly { readonly slot: number }[]) => ids.map(({ slot }) => slot);

describe('EntryRequests', () => {
  test('asks one neighbour for a slot, and another one if no answer comes', () => {
    const requests = createEntryRequests();
    for (const holder of [A, B]) requests.offer(holder, stamp(1), 0);
    expect(slots(requests.take(A, 0))).toEqual([1]);
    expect(requests.take(B, 0)).toEqual([]);
    expect(requests.take(A, 4000)).toEqual([]);
    expect(slots(requests.take(B, 4000))).toEqual([1]);
    expect(requests.settle(B, stamp(1))).toBe(true);
    expect(requests.isEmpty()).toBe(true);
  });

  test('asks a neighbour for no more at a time than it can answer soon', () => {
    const requests = createEntryRequests();
    for (let author = 0; author <= WINDOW; author++) {
      requests.offer(A, { author: tagOfNumber(author), slot: 1, issuedMs: 1000 }, 0);
    }
    expect(requests.take(A, 0)).toHaveLength(WINDOW);
    expect(requests.take(A, 0)).toEqual([]);
    requests.settle(A, { author: tagOfNumber(0), slot: 1, issuedMs: 1000 });
    expect(requests.take(A, 0)).toHaveLength(1);
  });

  test('asks others although one neighbour claims to have something newer', () => {
    const requests = createEntryRequests();
    requests.offer(A, stamp(1, 9000), 0);
    requests.offer(B, stamp(1, 1000), 0);
    requests.take(A, 0);
    requests.settle(A, stamp(1, 500)); // what it sends is older than what B has
    expect(slots(requests.take(B, 0))).toEqual([1]);
  });

  test('asks for what may still come by itself later', () => {
    const requests = createEntryRequests();
    requests.offer(A, stamp(1), 150);
    expect(requests.take(A, 149)).toEqual([]);
    expect(slots(requests.take(A, 150))).toEqual([1]);
  });

  test('asks others for what a neighbour that is gone was asked for, and forgets what only it had', () => {
    const requests = createEntryRequests();
    for (const slot of [1, 2]) requests.offer(A, stamp(slot), 0);
    requests.offer(B, stamp(1), 0);
    requests.take(A, 0);
    requests.forget(A);
    expect(slots(requests.take(B, 0))).toEqual([1]);
    requests.settle(B, stamp(1));
    expect(requests.isEmpty()).toBe(true);
  });
});
