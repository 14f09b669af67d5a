import { describe, expect, test } from 'vitest';
import { createRendezvous } from '../../../src/gossamer/discovery/rendezvous.js';
import { addressOf, createBench, runUntil } from '../support.js';

const LOCATIONS = ['one.example:1', 'http://two.example/rendezvous'];

function createCalls() {
  const bench = createBench();
  const contacts: string[] = [];
  const rendezvous = createRendezvous(bench.context, LOCATIONS, (address) =>
    contacts.push(address),
  );
  const located = (): string[] =>
    bench.take().flatMap((effect) => (effect.kind === 'locate' ? [effect.location] : []));
  return { rendezvous, contacts, located };
}

describe('Rendezvous', () => {
  test('asks for every location of the announcement', () => {
    const { rendezvous, located } = createCalls();
    rendezvous.call();
    expect(located()).toEqual(LOCATIONS);
  });

  test('contacts each address that is found, but never itself', () => {
    const { rendezvous, contacts } = createCalls();
    rendezvous.handleLocated(addressOf(1), 0);
    rendezvous.handleLocated(undefined, 0);
    rendezvous.handleLocated(addressOf(5), 0);
    expect(contacts).toEqual([addressOf(1)]);
  });

  test('asks again with growing waits, until it is settled', () => {
    const { rendezvous, located } = createCalls();
    rendezvous.callUntilSettled(0);
    const instants: number[] = [];
    while (rendezvous.deadline() < 30_000) {
      instants.push(rendezvous.deadline());
      rendezvous.tick(rendezvous.deadline());
    }
    expect(instants[0]).toBe(0);
    expect(located()).toHaveLength(2 * instants.length);
    const waits = instants.slice(1).map((instant, index) => instant - instants[index]!);
    for (const [index, wait] of waits.entries()) {
      const middle = Math.min(250 * 2 ** index, 5000);
      expect(wait).toBeGreaterThanOrEqual(0.9 * middle);
      expect(wait).toBeLessThanOrEqual(1.1 * middle);
    }
    rendezvous.settle();
    expect(rendezvous.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not begin anew while it is asking', () => {
    const { rendezvous } = createCalls();
    rendezvous.callUntilSettled(0);
    runUntil(rendezvous, 10_000);
    const deadline = rendezvous.deadline();
    rendezvous.callUntilSettled(10_001);
    expect(rendezvous.deadline()).toBe(deadline);
  });
});
