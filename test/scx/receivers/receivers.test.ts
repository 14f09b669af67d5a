import { describe, expect, test } from 'vitest';
import { encodeClientMessage } from '../../../src/wire/encoder.js';
import { announce, createAdus, eventually, SOURCE } from '../../overlay/support.js';
import { range } from '../support.js';
import {
  adusOf,
  connectReceiver,
  isIn,
  type Receiving,
  reasonOf,
  startReceiving,
} from './support.js';

const KEEP_ALIVE = encodeClientMessage({ kind: 'keepAlive' });

function publish({ station }: Receiving, from: number, to: number, channel = 1, bytes = 100): void {
  for (const adu of createAdus(range(from, to), {}, bytes, channel)) {
    station.overlay.feed({ kind: 'publish', adu });
  }
}

const numbersOf = (peer: Parameters<typeof adusOf>[0], channel = 1): number[] =>
  adusOf(peer).flatMap((adu) => (adu.channel === channel ? [adu.sequence] : []));

describe('A client that receives', () => {
  test('gets what comes in order, and goes on at another SCX behind what it has', async () => {
    const [one, other] = await Promise.all([startReceiving(1), startReceiving(2)]);
    for (const each of [one, other]) announce(each.station);
    const peer = connectReceiver(one, [1]);
    await isIn(peer);
    publish(one, 0, 10);
    publish(other, 0, 25);
    await eventually(() => numbersOf(peer).length === 10);
    peer.reset();
    await eventually(() => one.receivers.count === 0);
    const positions = [{ source: SOURCE.id, channel: 1, next: 10 }];
    const again = connectReceiver(other, [1], { positions });
    await eventually(() => numbersOf(again).length === 15);
    expect([...numbersOf(peer), ...numbersOf(again)]).toEqual(range(0, 25));
  });

  test('is not sent again what it has, when the next SCX is behind', async () => {
    const behind = await startReceiving(1);
    announce(behind.station);
    publish(behind, 0, 5);
    const positions = [{ source: SOURCE.id, channel: 1, next: 8 }];
    const peer = connectReceiver(behind, [1], { positions });
    await isIn(peer);
    publish(behind, 5, 12);
    await eventually(() => numbersOf(peer).includes(11));
    expect(numbersOf(peer)).toEqual(range(8, 12));
  });

  test('gets the last ADU of another channel when it comes, and no other channel', async () => {
    const scx = await startReceiving(1);
    announce(scx.station);
    publish(scx, 0, 3, 7);
    publish(scx, 0, 3, 2);
    const peer = connectReceiver(scx, [7]);
    await eventually(() => numbersOf(peer, 7).length > 0);
    publish(scx, 3, 5, 7);
    await eventually(() => numbersOf(peer, 7).includes(4));
    expect(adusOf(peer).map(({ channel, sequence }) => [channel, sequence])).toEqual([
      ...[
        [7, 2],
        [7, 3],
        [7, 4],
      ],
    ]);
  });

  test('is a listener until it says AM_LEAVING, or no KEEP_ALIVE comes', async () => {
    const scx = await startReceiving(1);
    const [staying, leaving] = [connectReceiver(scx, [1]), connectReceiver(scx, [1])];
    await Promise.all([isIn(staying), isIn(leaving)]);
    staying.send(KEEP_ALIVE);
    await eventually(() => staying.heard.some(({ kind }) => kind === 'client'));
    expect(staying.heard.at(-1)).toMatchObject({ message: { kind: 'alive', scxListeners: 2 } });
    leaving.send(encodeClientMessage({ kind: 'amLeaving' }));
    await eventually(() => leaving.isClosed && scx.receivers.count === 1);
    scx.receivers.tick();
    expect(scx.receivers.count).toBe(1);
    scx.pass(5001);
    scx.receivers.tick();
    await eventually(() => staying.isClosed);
    expect(scx.receivers).toMatchObject({ count: 0, counters: { silent: 1 } });
  });

  test('is told when its SCX leaves, and which channels there are', async () => {
    const scx = await startReceiving(1);
    const unknown = connectReceiver(scx, [1, 9]);
    await eventually(() => reasonOf(unknown));
    expect(reasonOf(unknown)).toBe('the session has the channels 1, 2, 7, and not 9');
    const peer = connectReceiver(scx, [1]);
    await isIn(peer);
    scx.receivers.tellLeaving();
    await eventually(() => peer.heard.at(-1)?.kind === 'client');
    expect(peer.heard.at(-1)).toMatchObject({ message: { kind: 'leaving' } });
    const late = connectReceiver(scx, [1]);
    await eventually(() => reasonOf(late) === 'it is leaving');
  });
});
