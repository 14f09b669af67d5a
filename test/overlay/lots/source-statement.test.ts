import { beforeEach, describe, expect, test } from 'vitest';
import type { Message, Route } from '../../../src/gossamer/core/message.js';
import type { Source } from '../../../src/gossamer/core/node.js';
import { createListings } from '../../../src/overlay/lots/listings.js';
import type { LotRefusal } from '../../../src/overlay/lots/lot-check.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import {
  type CheckRoutes,
  createRouteCheck,
  signSource,
} from '../../../src/overlay/lots/source-statement.js';
import { createSourceTrust, type SourceTrust } from '../../../src/overlay/lots/source-trust.js';
import { CLOCKS_MS_MAX } from '../../../src/runtime/steady-time.js';
import { idOf, keyOf, SESSION, SOURCE, STATION_KEY, STRANGER_KEY } from '../support.js';

const SCX = idOf(1);
const NOW = 1_000_000_000;
let clock = NOW;
let trust: SourceTrust;
let check: CheckRoutes;
let refused: LotRefusal[] = [];

beforeEach(() => {
  clock = NOW;
  refused = [];
  const station = { name: 'station', key: STATION_KEY.publicKey, priorityMax: 100 };
  trust = createSourceTrust([station], () => clock);
  const onRefused = (why: LotRefusal): void => void refused.push(why);
  const listings = createListings(SESSION, keyOf(3));
  check = createRouteCheck({ session: SESSION, trust, listings, now: () => clock, onRefused });
});

const sign = (source: Partial<Source> = {}, where: object = {}): Source =>
  signSource(
    { ...SOURCE, ...source },
    { session: SESSION, scx: SCX, key: STATION_KEY, ...where },
    clock,
  );

const routeTo = (...sources: Source[]): Route => ({
  ...{ scx: SCX, stamp: 1, costMs: 1, path: [idOf(2), SCX], sources },
});

const updateOf = (...routes: Route[]): Message =>
  createListings(SESSION, keyOf(1)).signed({
    ...{ kind: 'update', whole: false, routes, lost: [], withdrawn: [] },
  });

/** The ids of the sources that are believed; undefined: the message is refused. */
function believed(message: Message): string[] | undefined {
  const found = check(message);
  return (
    found &&
    ('routes' in found ? found.routes : []).flatMap(({ sources }) => sources.map(({ id }) => id))
  );
}

describe('A source in a route', () => {
  test('is believed with its statement, again and again, until that is old', () => {
    const message = updateOf(routeTo(sign()));
    expect(check(message)).toEqual(message);
    clock += 600_000 + 240_000; // lots of such a clock are believed, and the next is on its way
    expect(check(message)).toEqual(message);
    expect(refused).toEqual([]);
    clock += 1;
    expect(believed(message)).toEqual([]);
    expect(refused).toEqual(['stale']);
    expect(believed(updateOf(routeTo(sign())))).toEqual([SOURCE.id]);
  });

  test.each<[string, Source]>([
    ['without a statement', SOURCE],
    ['of another session', sign({}, { session: `${SESSION}-too` })],
    ['that is attached to another SCX', sign({}, { scx: idOf(3) })],
    ['that another key has signed', sign({}, { key: STRANGER_KEY })],
    ['with a higher priority', { ...sign(), priority: 99 }],
    ['with a later epoch', { ...sign(), epoch: 7 }],
    ['with another id', { ...sign(), id: drawSourceId(STATION_KEY.publicKey) }],
  ])('%s is a fault of the neighbour', (_what, source) => {
    expect(check(updateOf(routeTo(source)))).toBeUndefined();
    expect(refused).toEqual(['forged']);
  });

  test('of a key that is not listed is left out, and a route without others is lost', () => {
    const id = drawSourceId(STRANGER_KEY.publicKey);
    const stranger = sign({ id }, { key: STRANGER_KEY });
    expect(believed(updateOf(routeTo(stranger, sign())))).toEqual([SOURCE.id]);
    expect(check(updateOf(routeTo(stranger)))).toMatchObject({ routes: [], lost: [SCX] });
    expect(refused).toEqual(['unlisted', 'unlisted']);
    const status = { kind: 'status', canAccept: true, generator: null } as const;
    expect(believed({ ...status, routes: [routeTo(stranger)] })).toEqual([]);
  });

  test('of a higher priority than its key allows is left out', () => {
    expect(believed(updateOf(routeTo(sign({ priority: 100 }))))).toEqual([SOURCE.id]);
    expect(believed(updateOf(routeTo(sign({ priority: 101 }))))).toEqual([]);
  });

  test('is left out as soon as its key is taken out', () => {
    const message = updateOf(routeTo(sign()));
    expect(believed(message)).toEqual([SOURCE.id]);
    trust.setKeys([]);
    expect(believed(message)).toEqual([]);
    expect(refused).toEqual(['removed']);
  });

  test('of a time to come is left out', () => {
    const message = updateOf(routeTo(sign()));
    clock -= CLOCKS_MS_MAX + 1;
    expect(believed(message)).toEqual([]);
    expect(refused).toEqual(['stale']);
  });

  test('is believed as it is where there is no list', () => {
    const open = createSourceTrust(undefined, () => clock);
    const all = createRouteCheck({
      ...{ session: SESSION, trust: open, now: () => clock, onRefused: () => undefined },
      listings: createListings(SESSION, keyOf(3)),
    });
    const message = updateOf(routeTo(SOURCE));
    expect(all(message)).toEqual(message);
  });
});
