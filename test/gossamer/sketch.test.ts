/** The sketch that an SCX draws of itself, for maps of the overlay. */
import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Address, Member } from '../../src/gossamer/core/node.js';
import {
  isNews,
  placeOf,
  SKETCH_NEIGHBOURS_MAX,
  SKETCH_SOURCES_MAX,
  sketchOf,
} from '../../src/gossamer/sketch.js';
import type { FlowView, GossamerView, SourceView } from '../../src/gossamer/view.js';
import { nodeId, sourceId } from '../scx/support.js';

const member = (digit: string): Member => ({
  id: nodeId(digit),
  address: `192.0.2.1:${Number.parseInt(digit, 16) + 1}` as Address,
  incarnation: 1,
  rendezvous: false,
});

const flow = (channel: number, parent: string): FlowView => ({
  ...{ channel, parent: nodeId(parent), children: [], next: 1 },
  ...{ received: 1, delivered: 1, forwarded: 0, duplicate: 0, missed: 0, stray: 0 },
});

const sourceView = (flows: readonly FlowView[]): SourceView => ({
  source: { id: sourceId('a'), priority: 1, epoch: 1 },
  ...{ scx: nodeId('f'), costMs: 1, path: [], audience: 12, flows },
});

const view = (over: Partial<GossamerView> = {}): GossamerView => ({
  self: member('0'),
  state: 'joined',
  place: { x: 1.23456, y: -2.344, height: 0.005, error: 0.1, samples: 7 },
  listeners: 5,
  ...{ membersKnown: 3, entriesKept: 0, generator: null, avoided: { now: [], times: 0 } },
  neighbours: [{ member: member('1'), rttMs: 10.128, ours: true }],
  sources: [sourceView([flow(2, '2'), flow(1, '1')])],
  disturbances: {
    failovers: { closed: 1, silent: 2, behind: 0, left: 0, route: 4 },
    stallMs: 100.4,
    repaired: { failover: 8, retransmission: 16 },
    lost: { unkept: 32, givenUp: 64, behind: 0 },
  },
  ...over,
});

describe('A sketch', () => {
  test('has what a map shows: the tree of the audio, sums, and no address', () => {
    const sketch = sketchOf(view());
    expect(sketch).toEqual({
      place: { x: 1.23, y: -2.34, height: 0.01 },
      listeners: 5,
      neighbours: [{ id: nodeId('1'), rttMs: 10.13 }],
      sources: [{ id: sourceId('a'), scx: nodeId('f'), parent: nodeId('1'), audience: 12 }],
      ...{ failovers: 7, stallMs: 100, repaired: 24, lost: 96 },
    });
    expect(JSON.stringify(sketch)).not.toContain('192.0.2');
  });

  test('has no place before the first ping experiment, and no parent where none feeds it', () => {
    expect(placeOf(UNKNOWN_COORDINATES)).toBeNull();
    const sketch = sketchOf(view({ place: UNKNOWN_COORDINATES, sources: [sourceView([])] }));
    expect(sketch.place).toBeNull();
    expect(sketch.sources[0]?.parent).toBeNull();
  });

  test('is bounded', () => {
    const [neighbour] = view().neighbours;
    const sketch = sketchOf(
      view({
        neighbours: Array.from({ length: 100 }, () => neighbour as NonNullable<typeof neighbour>),
        sources: Array.from({ length: 100 }, () => sourceView([])),
      }),
    );
    expect(sketch.neighbours).toHaveLength(SKETCH_NEIGHBOURS_MAX);
    expect(sketch.sources).toHaveLength(SKETCH_SOURCES_MAX);
  });

  test('is news when something has happened, and not when measurements have changed', () => {
    const before = sketchOf(view());
    const [first] = before.neighbours;
    const measured = {
      ...{ ...before, place: { x: 9, y: 9, height: 9 } },
      neighbours: [{ id: first?.id ?? nodeId('1'), rttMs: 99 }],
    };
    expect(isNews(before, measured)).toBe(false);
    const changes = [
      { place: null },
      { neighbours: [] },
      { neighbours: [{ id: nodeId('2'), rttMs: 10.13 }] },
      { listeners: 6 },
      { sources: [] },
      { failovers: 8 },
      { stallMs: 200 },
      { repaired: 25 },
      { lost: 97 },
    ];
    for (const change of changes) {
      expect([change, isNews(before, { ...before, ...change })]).toEqual([change, true]);
    }
  });
});
