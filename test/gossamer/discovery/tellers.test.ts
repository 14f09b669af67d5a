import { expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createTellers } from '../../../src/gossamer/discovery/tellers.js';
import { nodeId } from '../support.js';

const [A, B, C] = [nodeId(1), nodeId(2), nodeId(3)];

/** A has told of 10 to 14, B of 20 and 21, and C has spoken. */
function createTold() {
  const tellers = createTellers();
  for (let number = 10; number < 15; number++) tellers.put(nodeId(number), A);
  for (let number = 20; number < 22; number++) tellers.put(nodeId(number), B);
  tellers.put(C, C);
  return tellers;
}

const numbered = (...numbers: number[]): NodeId[] => numbers.map(nodeId);

test('The members of the one that has told of the most make room, for itself as well', () => {
  const tellers = createTold();
  const most = numbered(10, 11, 12, 13, 14);
  for (const teller of [A, B, C, nodeId(99)]) expect(tellers.sparesFor(teller)).toEqual(most);
});

test('A teller with one less than the most makes room for itself', () => {
  const tellers = createTold();
  for (const number of [10, 11, 12]) tellers.delete(nodeId(number));
  expect(tellers.sparesFor(B)).toEqual(numbered(20, 21));
  expect(tellers.sparesFor(A)).toEqual(numbered(13, 14));
  expect(tellers.sparesFor(C)).toEqual([C]);
  expect(tellers.sparesFor(nodeId(99))).toEqual(numbered(13, 14));
});

test('Where nobody has told of more than one, all make room', () => {
  const tellers = createTellers();
  expect(tellers.sparesFor(A)).toBeUndefined();
  tellers.put(C, C);
  expect(tellers.sparesFor(A)).toBeUndefined();
});

test('A member of which several have told counts for the one that has told of fewer', () => {
  const tellers = createTold();
  tellers.put(nodeId(10), B);
  expect(tellers.sparesFor(nodeId(99))).toEqual(numbered(11, 12, 13, 14));
  tellers.put(nodeId(11), B);
  tellers.put(nodeId(20), A);
  expect(tellers.sparesFor(B)).toEqual(numbered(20, 21, 10));
  expect(tellers.sparesFor(A)).toEqual(numbered(11, 12, 13, 14));
});

test('A member that has spoken counts for itself from then on', () => {
  const tellers = createTold();
  expect(tellers.hasSpoken(nodeId(10))).toBe(false);
  tellers.put(nodeId(10), nodeId(10));
  tellers.put(nodeId(10), B);
  expect(tellers.hasSpoken(nodeId(10))).toBe(true);
  expect(tellers.sparesFor(A)).toEqual(numbered(11, 12, 13, 14));
  tellers.delete(nodeId(10));
  expect(tellers.hasSpoken(nodeId(10))).toBe(false);
});
