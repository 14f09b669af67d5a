import { expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import { createLifecycle } from '../../src/gossamer/lifecycle.js';
import { memberOf, runUntil } from './support.js';

/** A joined SCX that has children until it is told otherwise. */
function createJoined() {
  const told: string[] = [];
  const facts = { hasChildren: true };
  const life = createLifecycle({
    born: memberOf(5),
    config: FAST,
    wakeBy: () => {},
    facts: {
      onJoined: () => void told.push('joined'),
      onLeaving: () => void told.push('leaving'),
      hasChildren: () => facts.hasChildren,
      onLeft: (now) => void told.push(`left ${now}`),
      onRefuted: (now) => void told.push(`refuted ${now}`),
    },
  });
  life.join(0);
  return { life, facts, told };
}

test('A leaving SCX looks for remaining children each 200 ms, and leaves when there are none', () => {
  const { life, facts, told } = createJoined();
  life.leave(1000);
  runUntil(life, 1399);
  facts.hasChildren = false;
  expect(life.deadline()).toBe(1400);
  runUntil(life, 1400);
  expect(told).toEqual(['joined', 'leaving', 'left 1400']);
});

test('A leaving SCX waits for its children no longer than drainMs', () => {
  const { life, told } = createJoined();
  life.leave(0);
  runUntil(life, 10_000);
  expect(told.at(-1)).toBe(`left ${FAST.drainMs}`);
});

test('A report of a death that names an impossible incarnation is not refuted', () => {
  const { life, told } = createJoined();
  expect(life.refute(2001, 0)).toBeUndefined();
  expect(life.self().incarnation).toBe(1000);
  expect(life.refute(2000, 0)?.incarnation).toBe(2001);
  runUntil(life, 0);
  expect(told).toEqual(['joined', 'refuted 0']);
});
