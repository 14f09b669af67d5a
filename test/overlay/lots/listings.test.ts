import { describe, expect, test } from 'vitest';
import type { Message, Withdrawal } from '../../../src/gossamer/core/message.js';
import { createTokenBucket } from '../../../src/lib/bounds/token-bucket.js';
import { createListings } from '../../../src/overlay/lots/listings.js';
import { idOf, keyOf, SESSION, SOURCE } from '../support.js';

type Update = Extract<Message, { kind: 'update' }>;

const route = { scx: idOf(1), stamp: 3, costMs: 0, path: [idOf(1)], sources: [SOURCE] };
const NOTHING: Update = { kind: 'update', whole: false, routes: [], lost: [], withdrawn: [] };

/** What an SCX says, signed by itself. */
const signedBy = (number: number, message: Message): Update =>
  createListings(SESSION, keyOf(number)).signed(message) as Update;

const withdrawnBy = (number: number, stamp: number): Withdrawal[] => [
  ...signedBy(number, { ...NOTHING, withdrawn: [{ scx: idOf(number), stamp }] }).withdrawn,
];

const rate = (burst = 100) => createTokenBucket(burst, 1e9);

/** The withdrawals that are believed of some; undefined: one of them is forged. */
function believed(
  withdrawn: Withdrawal[],
  hearer = createListings(SESSION, keyOf(2)),
  by = rate(),
) {
  const heard = hearer.withWithdrawals({ ...NOTHING, withdrawn }, by);
  return heard?.kind === 'update' ? heard.withdrawn.map(({ stamp }) => stamp) : heard;
}

describe('A listing', () => {
  test('is signed by the SCX itself, whoever passes it on, and for its stamp only', () => {
    const hearer = createListings(SESSION, keyOf(2));
    const signed = signedBy(1, { ...NOTHING, routes: [route] }).routes[0] ?? route;
    const source = signed.sources[0] ?? SOURCE;
    expect(hearer.isListed({ ...signed, path: [idOf(3), idOf(1)] }, source)).toBe(true);
    expect(hearer.isListed({ ...signed, stamp: 4 }, source)).toBe(false);
    expect(hearer.isListed({ ...signed, scx: idOf(3) }, source)).toBe(false);
    expect(hearer.isListed(signed, { ...source, epoch: 9 })).toBe(false);
    expect(hearer.isListed(signed, SOURCE)).toBe(false);
    expect(createListings('another', keyOf(2)).isListed(signed, source)).toBe(false);
    const [by3] = signedBy(3, { ...NOTHING, routes: [{ ...route, scx: idOf(3) }] }).routes;
    expect(hearer.isListed(signed, by3?.sources[0] ?? SOURCE)).toBe(false);
  });

  test('is added to what is our own only, in statuses as well', () => {
    const others = { ...route, scx: idOf(2) };
    const withdrawn = [{ scx: idOf(2), stamp: 1 }];
    const update = { ...NOTHING, routes: [others], withdrawn };
    expect(signedBy(1, update)).toEqual(update);
    const status = { kind: 'status', canAccept: true, generator: null } as const;
    const listed = signedBy(1, { ...status, routes: [route] }).routes[0]?.sources[0]?.listing;
    expect(listed).toEqual(
      signedBy(1, { ...NOTHING, routes: [route] }).routes[0]?.sources[0]?.listing,
    );
    expect(listed?.signature).toHaveLength(64);
  });
});

describe('A withdrawal', () => {
  test('is believed with the signature of its SCX, again and again', () => {
    const hearer = createListings(SESSION, keyOf(2));
    const once = rate(1);
    const withdrawn = withdrawnBy(1, 5);
    expect(believed(withdrawn, hearer, once)).toEqual([5]);
    expect(believed(withdrawn, hearer, once)).toEqual([5]);
  });

  test.each<[string, Withdrawal[]]>([
    ['without a signature', [{ scx: idOf(1), stamp: 5 }]],
    ['of another stamp', withdrawnBy(1, 5).map((one) => ({ ...one, stamp: 6 }))],
    ['that another SCX has signed', withdrawnBy(3, 5).map((one) => ({ ...one, scx: idOf(1) }))],
  ])('%s is forged', (_what, withdrawn) => {
    expect(believed([...withdrawnBy(1, 4), ...withdrawn])).toBeUndefined();
  });

  test('is left out where it exceeds the rate of the connection', () => {
    const many = [1, 2, 3].flatMap((number) => withdrawnBy(number, number));
    expect(believed(many, createListings(SESSION, keyOf(4)), rate(2))).toEqual([1, 2]);
  });
});
