import { beforeEach, describe, expect, test } from 'vitest';
import type { Input } from '../../../src/gossamer/core/effects.js';
import type { Source } from '../../../src/gossamer/core/node.js';
import {
  asAttached,
  type Bridge,
  createBridge,
  type Side,
} from '../../../src/gossamer/levels/bridge.js';
import { aduOf, sourceId } from '../support.js';

const id = sourceId(1);
const attached = asAttached({ id, priority: 1, epoch: 7 });
const lowered = (by: number): Source => ({ ...attached, epoch: attached.epoch - by });

let fed: [Side, string, number][];
let bridge: Bridge;

const numberOf = (input: Input): number => {
  if (input.kind === 'announceSource') return input.source.epoch;
  return input.kind === 'publish' ? input.adu.sequence : 0;
};

const learn = (side: Side, source: Source, isOurs = false): void =>
  bridge.learn(side, [{ source, isOurs }]);

beforeEach(() => {
  fed = [];
  bridge = createBridge((side, input) => void fed.push([side, input.kind, numberOf(input)]));
  bridge.open();
});

describe('A bridge between two meshes', () => {
  test('announces a source of the neighbourhood above, and one from above in the neighbourhood, each with a lower epoch', () => {
    learn('lower', attached);
    expect(fed).toEqual([['upper', 'announceSource', attached.epoch - 1]]);
    fed = [];
    bridge.onSourceDown('lower', id);
    learn('upper', lowered(1));
    expect(fed).toEqual([
      ['upper', 'withdrawSource', 0],
      ['lower', 'announceSource', attached.epoch - 2],
    ]);
  });

  test('never carries back what a bridge has brought, its own or that of another representative', () => {
    learn('lower', attached);
    learn('upper', lowered(1), true);
    learn('upper', lowered(1));
    learn('lower', lowered(2));
    expect(fed.filter(([, kind]) => kind === 'announceSource')).toHaveLength(2);
    fed = [];
    bridge.onSourceDown('upper', id);
    bridge.onSourceDown('lower', id);
    learn('lower', lowered(2));
    expect(fed.map(([, kind]) => kind)).not.toContain('announceSource');
  });

  test('carries frames over only after the source is announced there', () => {
    bridge.onDelivered('upper', aduOf(3));
    learn('upper', lowered(1));
    bridge.onDelivered('upper', aduOf(4));
    bridge.onDelivered('lower', aduOf(4));
    expect(fed.map(([side, kind]) => [side, kind])).toEqual([
      ['lower', 'announceSource'],
      ['lower', 'publish'],
    ]);
  });

  test('takes over from another representative only where its own frames continue what was heard', () => {
    bridge.onDelivered('lower', aduOf(20));
    learn('upper', lowered(1));
    expect(fed).toEqual([]);
    bridge.onDelivered('upper', aduOf(30));
    expect(fed).toEqual([]);
    bridge.onDelivered('lower', aduOf(30));
    bridge.onDelivered('upper', aduOf(31));
    expect(fed.map(([, kind, number]) => [kind, number])).toEqual([
      ['announceSource', attached.epoch - 2],
      ['publish', 31],
    ]);
  });

  test('withdraws what came from a mesh that is left, and carries nothing while it is closed', () => {
    learn('upper', lowered(1));
    bridge.close('upper');
    learn('upper', lowered(1));
    bridge.onDelivered('upper', aduOf(1));
    expect(fed.map(([side, kind]) => [side, kind])).toEqual([
      ['lower', 'announceSource'],
      ['lower', 'withdrawSource'],
    ]);
  });

  test('never announces a source of the node itself in its neighbourhood, where it is announced as it is', () => {
    bridge = createBridge(
      (side, input) => void fed.push([side, input.kind, numberOf(input)]),
      () => attached,
    );
    bridge.open();
    learn('upper', lowered(1));
    learn('lower', attached, true);
    expect(fed).toEqual([['upper', 'announceSource', attached.epoch - 1]]);
  });

  test('follows a source that attaches anew', () => {
    learn('upper', lowered(1));
    const anew = asAttached({ id, priority: 1, epoch: 8 });
    learn('lower', anew);
    expect(fed.slice(1)).toEqual([
      ['lower', 'withdrawSource', 0],
      ['upper', 'announceSource', anew.epoch - 1],
    ]);
  });
});
