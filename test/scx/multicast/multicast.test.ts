/** The multicast of an SCX with real sockets on the loopback interface. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { Launch } from '../../../src/api/scx-launch.js';
import type { Adu } from '../../../src/gossamer/core/node.js';
import { createLotSigner } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { OWN_PORT, rtpTarget } from '../../../src/rtp/ports.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import {
  type MulticastSocket,
  openMulticastSocket,
} from '../../../src/runtime/system/multicast-socket.js';
import { type Multicast, openMulticast } from '../../../src/scx/multicast/multicast.js';
import type { OwnGroup } from '../../../src/scx/receivers/own-group.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { eventually } from '../../overlay/support.js';
import { NIGHT } from '../support.js';

/** Groups that other tests and clusters of this machine hardly have. */
const GROUP = `239.193.${randomBytes(1)[0]}.0`;
const LOOPBACK = { interfaceAddress: '127.0.0.1', ttl: 0 };
const ON_GROUP = { invited: 1, moved: 1 };

const sockets: MulticastSocket[] = [];
let multicast: Multicast | undefined;
afterEach(async () => {
  await multicast?.close();
  await Promise.all(sockets.map((socket) => socket.close()));
});

/** What comes by a group from now on. */
async function hear(group: string, port: number): Promise<Buffer[]> {
  const heard: Buffer[] = [];
  const onDatagram = (bytes: Uint8Array): void => void heard.push(Buffer.from(bytes));
  sockets.push(await openMulticastSocket({ ...LOOPBACK, group, port, onDatagram }));
  return heard;
}

function signed(payloads: readonly Uint8Array[]): readonly Adu[] {
  const key = drawSigningKey();
  const whose = { session: NIGHT.id, source: drawSourceId(key.publicKey), epoch: 1, key };
  const timestampMs = steadyTimeMs();
  return createLotSigner(whose).sign(
    payloads.map((payload, sequence) => ({ channel: 1, sequence, timestampMs, payload })),
  );
}

test('A private session is sealed by multicast, and players get nothing of it', async () => {
  const frames = (await makeToneFrames({ seconds: 1 })).slice(10, 30);
  const adus = signed(frames);
  let end = 0;
  let isPrivate = true;
  let own: OwnGroup | undefined;
  const news: (() => void)[] = [];
  const log = () => ({ start: 0, end, at: (place: number) => adus[place] });
  multicast = openMulticast({
    launch: {
      multicast: { group: GROUP, interface: '127.0.0.1', ttl: 0, isAlways: true },
    } as Launch,
    name: NIGHT,
    feed: {
      channels: () => [1],
      log: (channel: number) => (channel === 1 ? log() : undefined),
      onNews: (callback: () => void) => void news.push(callback),
    } as never,
    receivers: {
      ofGroup: ON_GROUP,
      setGroup: (opened) => {
        own = opened;
      },
    },
    log: pino({ level: 'silent' }),
    description: () => ({ title: 'Night', genre: undefined }),
    isResumed: false,
    isOnAir: () => true,
    isReplaced: () => false,
    isPrivate: () => isPrivate,
    isHooked: () => false,
    now: () => performance.now(),
  });
  const target = rtpTarget(GROUP, 'frames');
  const rtp = await hear(target.group, target.port);
  const lots = await hear(GROUP, OWN_PORT);
  await eventually(() => own !== undefined && multicast?.answer('/night.sdp')?.status === 403);

  own?.sendNews(ON_GROUP);
  const play = (to: number): void => {
    end = to;
    for (const tell of news) tell();
    own?.sendNews(ON_GROUP);
  };
  play(10);
  await eventually(() => lots.length > 4);
  // Main data: what is behind header and side information. It is nowhere to be read.
  const secret = Buffer.from(frames[5]?.subarray(60, 100) ?? []);
  expect(lots.some((datagram) => datagram.includes(secret))).toBe(false);

  isPrivate = false;
  play(20);
  await eventually(() => rtp.length > 2);
  const played = Buffer.concat(rtp.map((packet) => packet.subarray(16)));
  expect(played.includes(Buffer.from(frames[12]?.subarray(60, 100) ?? []))).toBe(true);
  for (const frame of frames.slice(0, 10)) {
    expect(played.includes(Buffer.from(frame.subarray(60, 100)))).toBe(false);
  }
});
