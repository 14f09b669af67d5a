import { expect, test } from 'vitest';
import { createGate } from '../../../src/client/broadcast/gate.js';

test('A gate lets everybody pass who waits when it opens, and then is closed again', async () => {
  const gate = createGate();
  gate.open();
  const passed: number[] = [];
  const waiting = [1, 2].map(async (number) => {
    await gate.wait();
    passed.push(number);
  });
  await Promise.resolve();
  expect(passed).toEqual([]);
  gate.open();
  await Promise.all(waiting);
  expect(passed).toEqual([1, 2]);
  void gate.wait().then(() => passed.push(3));
  await Promise.resolve();
  expect(passed).toEqual([1, 2]);
});
