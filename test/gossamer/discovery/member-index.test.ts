import { expect, test } from 'vitest';
import { createMemberIndex } from '../../../src/gossamer/discovery/member-index.js';
import { createRng } from '../../../src/lib/rng.js';
import { memberOf, nodeId } from '../support.js';

const createFilled = () => {
  const index = createMemberIndex();
  for (let number = 1; number <= 10; number++) index.put(memberOf(number), nodeId(number));
  return index;
};

test('A member that is not needed is picked to make room', () => {
  const rng = createRng(1);
  const index = createFilled();
  for (let round = 0; round < 100; round++) {
    const picked = index.pickSpare(rng, (id) => id === nodeId(3), nodeId(99));
    expect(picked).not.toBe(nodeId(3));
  }
});

test('Where all members are needed, the eighth that is drawn makes room', () => {
  const looked: string[] = [];
  const picked = createFilled().pickSpare(
    createRng(1),
    (id) => {
      looked.push(id);
      return true;
    },
    nodeId(99),
  );
  expect(looked).toHaveLength(8);
  expect(picked).toBe(looked.at(-1));
});
