import { beforeEach, describe, expect, test } from 'vitest';
import {
  createTreeLink,
  type LinkMessage,
  type TreeLink,
} from '../../../src/gossamer/shared/tree-link.js';
import { aduOf } from '../support.js';

let told: LinkMessage[];
let link: TreeLink;

const packet = (number: number): LinkMessage => ({
  kind: 'treePacket',
  number,
  adu: aduOf(number),
});

const takeTold = (): LinkMessage[] => told.splice(0);

const nack = (from: number, count = 1): LinkMessage => ({ kind: 'treeNack', from, count });

/** Runs all that is due until an instant. */
function runUntil(instant: number): void {
  for (let due = link.deadline(); due <= instant; due = link.deadline()) link.tick(due);
}

beforeEach(() => {
  told = [];
  link = createTreeLink((message) => void told.push(message));
});

describe('An end of a link of a shared tree', () => {
  test('asks at once for a gap, with one NACK, and once more only where no repair comes', () => {
    link.receive(packet(0), 0);
    expect(link.receive(packet(4), 10)?.sequence).toBe(4);
    expect(takeTold()).toEqual([nack(1, 3)]);
    for (const number of [1, 2]) expect(link.receive(packet(number), 50)).toBeDefined();
    runUntil(1500);
    expect(takeTold()).toEqual([nack(3)]);
    expect(link.receive(packet(3), 1600)).toBeDefined();
    runUntil(60_000);
    expect(takeTold()).toEqual([]);
  });

  test('takes a packet once', () => {
    expect(link.receive(packet(0), 0)).toBeDefined();
    expect(link.receive(packet(0), 1)).toBeUndefined();
  });

  test('notices by the head that the last packets are missing', () => {
    link.receive(packet(0), 0);
    link.receive({ kind: 'treeHead', next: 3 }, 300);
    expect(takeTold()).toEqual([nack(1, 2)]);
    link.receive({ kind: 'treeHead', next: 3 }, 500);
    expect(takeTold()).toEqual([]);
  });

  test('tells the head a few times after the last packet, and repairs what it has sent', () => {
    link.send(aduOf(7), 0);
    runUntil(60_000);
    const heads = takeTold().slice(1);
    expect(heads).toEqual(new Array(3).fill({ kind: 'treeHead', next: 1 }));
    expect(link.deadline()).toBe(Number.POSITIVE_INFINITY);
    link.receive(nack(0), 60_000);
    expect(takeTold()).toEqual([{ kind: 'treePacket', number: 0, adu: aduOf(7) }]);
  });

  test('is bounded: an invented number makes it ask for little, and not for ever', () => {
    link.receive(packet(2 ** 40), 0);
    runUntil(600_000);
    const asked = takeTold().reduce(
      (sum, message) => sum + (message.kind === 'treeNack' ? message.count : 0),
      0,
    );
    expect(asked).toBeLessThanOrEqual(5 * 256);
    link.send(aduOf(0), 600_000);
    takeTold();
    link.receive(nack(0, 2 ** 40), 600_000);
    expect(takeTold()).toHaveLength(1);
  });
});
