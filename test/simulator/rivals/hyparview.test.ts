import { expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { createHyParView } from '../../../src/simulator/rivals/hyparview/hyparview.js';
import type { HyParViewMessage } from '../../../src/simulator/rivals/hyparview/messages.js';
import { contestantOf } from '../../../src/simulator/rivals/protocols.js';
import { createWorld } from '../../../src/simulator/world/world.js';

const DEGREE = FAST.addedEdgesMax + FAST.acceptedEdgesMax;

test('Active views of HyParView are symmetric and bounded, before and after a crash', () => {
  const world = createWorld({
    ...{ seed: 1, config: FAST, delayMs: (a, b) => 5 + Math.abs(a - b) },
    createScx: contestantOf('plumtree').create,
  });
  for (let index = 0; index < 40; index++) world.at(100 * index, () => void world.add());
  const checkViews = (): void => {
    const views = new Map(
      world.live().map(({ gossamer }) => {
        const { self, neighbours } = gossamer.view();
        return [self.id, neighbours.map(({ member }) => member.id)];
      }),
    );
    for (const [id, neighbours] of views) {
      expect(neighbours.length).toBeLessThanOrEqual(DEGREE);
      expect(neighbours.length).toBeGreaterThan(2);
      for (const other of neighbours) expect(views.get(other)).toContain(id);
    }
  };
  world.runUntil(60_000);
  checkViews();
  for (const scx of world.scxs.slice(10, 20)) world.crash(scx);
  world.runUntil(120_000);
  expect(world.live()).toHaveLength(30);
  checkViews();
});

test('A full passive view of HyParView first forgets what it has sent in exchange', () => {
  const sent: HyParViewMessage[] = [];
  const member = (name: string): Member =>
    ({ id: name, address: `${name}:1`, incarnation: 1, rendezvous: false }) as Member;
  const rules = createHyParView(
    {
      ...{ self: member('self'), rng: createRng(1), contact: undefined, degreeMax: 7 },
      send: (_to, message) => void sent.push(message),
      ...{ deliver: () => {}, notify: () => {}, at: () => {} },
    },
    { onUp: () => {}, onDown: () => {} },
  );
  const many = (name: string, count: number): Member[] =>
    Array.from({ length: count }, (_, index) => member(`${name}${index}`));
  const peer = member('peer');
  /** A walk that ends here; returns the answer. */
  const shuffle = (origin: Member, members: readonly Member[]): string[] => {
    rules.receive(peer, { kind: 'shuffle', origin, members, hops: 6 }, 0);
    const answer = sent.at(-1);
    return answer?.kind === 'shuffleReply' ? answer.members.map(({ id }) => id as string) : [];
  };
  rules.receive(peer, { kind: 'join' }, 0);
  const old = many('old', 30);
  rules.receive(peer, { kind: 'shuffleReply', members: old }, 0);
  const given = shuffle(member('origin'), many('new', 4));
  expect(given).toHaveLength(5);
  const now = shuffle(member('other'), many('late', 40));
  const kept = old.map(({ id }) => id as string).filter((id) => !given.includes(id));
  expect(now.toSorted()).toEqual([...kept, 'origin', 'new0', 'new1', 'new2', 'new3'].toSorted());
});
