import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import type { SourceView } from '../../../src/gossamer/view.js';
import type { AttachedSources } from '../../../src/scx/sources/attached-sources.js';
import { createSourceDeparture } from '../../../src/scx/sources/source-departure.js';
import { nodeId, sourceId } from '../support.js';

const SELF = nodeId('1');
const ELSEWHERE = nodeId('2');
const [DJ, LOOP, ENCODER] = [sourceId('a'), sourceId('b'), sourceId('c')];

/** An SCX with these sources, each of which is attached there. */
function open(...own: SourceId[]) {
  const at = new Map(own.map((id) => [id, SELF]));
  const told: SourceId[] = [];
  let aheadMs = 0;
  const departure = createSourceDeparture({
    self: SELF,
    sources: {
      tellLeaving: (isTold: (id: SourceId) => boolean) => told.push(...own.filter(isTold)),
      has: (id: SourceId) => at.get(id) === SELF,
    } as unknown as AttachedSources,
    view: () =>
      [...at].map(([id, scx]) => ({ source: { id }, scx })) as unknown as readonly SourceView[],
    fallbackSource: () => LOOP,
    now: () => performance.now() + aheadMs,
  });
  if (own.includes(ENCODER)) departure.onEncoder(ENCODER);
  const leaving = { isOver: false, told };
  const sendAway = (withinMs = 0): void =>
    void departure.sendAway(withinMs).then(() => {
      leaving.isOver = true;
    });
  return {
    leaving,
    sendAway,
    move: (id: SourceId) => at.set(id, ELSEWHERE),
    pass: (ms: number) => {
      aheadMs += ms;
    },
  };
}

/** Longer than the interval at which sources are looked at. */
const LOOK_MS = 150;
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

describe('Sources that are sent away', () => {
  test('are told to attach elsewhere, and awaited', async () => {
    const { leaving, sendAway, move } = open(DJ);
    sendAway();
    expect(leaving.told).toEqual([DJ]);
    await aWhile();
    expect(leaving.isOver).toBe(false);
    move(DJ);
    await expect.poll(() => leaving.isOver).toBe(true);
  });

  test('are awaited for six seconds', async () => {
    const { leaving, sendAway, pass } = open(DJ);
    sendAway();
    pass(5000);
    await aWhile();
    expect(leaving.isOver).toBe(false);
    pass(1000);
    await expect.poll(() => leaving.isOver).toBe(true);
  });

  test('leave the fallback here until there is another source', async () => {
    const { leaving, sendAway, move } = open(LOOP);
    sendAway();
    expect(leaving.told).toEqual([]);
    await aWhile();
    expect(leaving.isOver).toBe(false);
    move(DJ);
    await expect.poll(() => leaving.isOver).toBe(true);
  });

  test('leave an encoder here until it ends by itself, or its time is over', async () => {
    for (const end of ['by itself', 'late']) {
      const { leaving, sendAway, move, pass } = open(ENCODER);
      sendAway(10_000);
      expect(leaving.told).toEqual([]);
      await aWhile();
      expect(leaving.isOver).toBe(false);
      if (end === 'late') pass(10_000);
      else move(ENCODER);
      await expect.poll(() => leaving.isOver).toBe(true);
    }
  });
});
