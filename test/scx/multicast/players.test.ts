/** RTP, SDP and SAP of an SCX, with a wire in place of the multicast sockets and a clock that is set. */
import { beforeEach, expect, test } from 'vitest';
import {
  openPlayers,
  type Players,
  type PlayersOptions,
} from '../../../src/scx/multicast/players.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { NIGHT } from '../support.js';

/** By `group:port`, what was sent there, and what listens there. */
let wire: Map<string, Buffer[]>;
let listening: Map<string, (bytes: Uint8Array) => void>;
let at: number;
let players: Players;
let frames: readonly Uint8Array[];

const RTP = '239.192.40.1:5004';
const RTCP = '239.192.40.1:5005';
const ADUS = '239.192.40.2:5006';
const SAP = '239.255.255.255:9875';

const sentTo = (target: string): readonly Buffer[] => wire.get(target) ?? [];

async function open(changes: Partial<PlayersOptions> = {}): Promise<void> {
  players = await openPlayers({
    ...{ name: NIGHT, group: '239.192.40.0', ttl: 1, origin: '10.1.2.3' },
    ...{ isAlways: false, isResumed: false },
    open: async ({ group, port }, onDatagram) => {
      const target = `${group}:${port}`;
      wire.set(target, []);
      if (onDatagram !== undefined) listening.set(target, onDatagram);
      return {
        send: (bytes) => void wire.get(target)?.push(Buffer.from(bytes)),
        close: async () => {},
      };
    },
    description: () => ({ title: 'Night', genre: undefined }),
    isOnAir: () => true,
    objection: () => undefined,
    now: () => at,
    wallNow: () => 1_700_000_000_000 + at,
    ...changes,
  });
}

/** Half a second of sound, and the maintenance that comes with it. */
function play(): void {
  at += 500;
  players.send(frames);
  players.tick();
}

beforeEach(async () => {
  wire = new Map();
  listening = new Map();
  at = 0;
  frames = (await makeToneFrames({ seconds: 0.5 })).slice(0, 19);
  await open();
});

test('a SAP announcement alone has no sound sent', () => {
  for (let round = 0; round < 10; round++) play();
  expect(sentTo(SAP)).toHaveLength(1);
  expect(sentTo(SAP)[0]?.toString()).toContain('m=audio 5004 RTP/AVP 14');
  expect([...sentTo(RTP), ...sentTo(RTCP), ...sentTo(ADUS)]).toEqual([]);
  expect(players.count).toBe(0);
});

test('who fetches a description has that format sent for a minute, with reports', () => {
  const answer = players.answer('/night.sdp');
  expect(answer).toMatchObject({ status: 200, fields: { 'Content-Type': 'application/sdp' } });
  expect(`${answer?.body}`).toContain('c=IN IP4 239.192.40.1/1');
  play();
  const sent = sentTo(RTP);
  expect(sent.length).toBe(7);
  expect(sent.map((packet) => packet[1])).toEqual([0x8e, ...Array(6).fill(0x0e)]);
  const payload = Buffer.concat(sent.map((packet) => packet.subarray(16)));
  expect(payload).toEqual(Buffer.concat(frames));
  expect(sentTo(RTCP)).toHaveLength(1);
  expect(sentTo(ADUS)).toEqual([]);
  expect(players.count).toBe(1);
  for (let round = 0; round < 130; round++) play();
  const before = sentTo(RTP).length;
  play();
  expect(sentTo(RTP).length).toBe(before);
  expect(players.count).toBe(0);
});

test('timestamps count 90 a millisecond, and sequence numbers one a packet', () => {
  players.answer('/night.sdp');
  play();
  play();
  const packets = sentTo(RTP);
  const times = packets.map((packet) => packet.readUInt32BE(4));
  const numbers = packets.map((packet) => packet.readUInt16BE(2));
  const perPacket = Math.round((3 * 1152 * 90_000) / 44_100);
  const steps = times.slice(1).map((time, index) => (time - (times[index] as number)) >>> 0);
  expect(Math.abs((steps[0] ?? 0) - perPacket)).toBeLessThanOrEqual(1);
  expect(numbers.slice(1).map((n, index) => (n - (numbers[index] as number)) & 0xffff)).toEqual(
    Array(packets.length - 1).fill(1),
  );
});

test('a player that reports has it sent on, until half a minute after its last report', () => {
  const report = Buffer.from('80c90001000000ff', 'hex');
  for (let round = 0; round < 200; round++) {
    if (round % 10 === 0) listening.get(RTCP)?.(report);
    play();
  }
  expect(sentTo(RTP).length).toBeGreaterThan(1300);
  expect(players.count).toBe(1);
  for (let round = 0; round < 61; round++) play();
  const before = sentTo(RTP).length;
  play();
  expect(sentTo(RTP).length).toBe(before);
  for (const junk of ['', 'ff', '80c8', '00'.repeat(1500)]) {
    listening.get(RTCP)?.(Buffer.from(junk, 'hex'));
  }
  play();
  expect(sentTo(RTP).length).toBe(before);
});

test('ADUs have their own group, one in a packet', () => {
  expect(players.answer('/night.sdp?format=adus')).toMatchObject({ status: 200 });
  play();
  expect(sentTo(RTP)).toEqual([]);
  expect(sentTo(ADUS).length).toBe(19);
  for (const packet of sentTo(ADUS)) {
    expect(packet.readUInt16BE(12)).toBe(0x4000 | (packet.length - 14));
  }
  expect(players.answer('/night.sdp?format=mp4')).toMatchObject({ status: 404 });
  expect(players.answer('/night.mp3')).toBeUndefined();
});

test('a session that players may not hear is neither described nor announced nor sent', async () => {
  let objection: string | undefined;
  await open({ objection: () => objection });
  players.answer('/night.sdp');
  play();
  const before = sentTo(RTP).length;
  objection = 'It is private.';
  play();
  expect(players.answer('/night.sdp')).toMatchObject({ status: 403 });
  expect(sentTo(RTP).length).toBe(before);
  expect(sentTo(SAP).at(-1)?.[0]).toBe(0x24); // withdrawn
});

test('an SCX that takes the place of another one sends at once, as its players cannot report before', async () => {
  await open({ isResumed: true });
  play();
  expect(sentTo(RTP).length).toBe(7);
  expect(sentTo(ADUS).length).toBe(19);
});

test('an unlisted session is not announced; one that is to be sent always needs no listener', async () => {
  await open({
    isAlways: true,
    description: () => ({ title: undefined, genre: undefined, isListed: false }),
  });
  play();
  expect(sentTo(SAP)).toEqual([]);
  expect(sentTo(RTP).length).toBe(7);
  expect(sentTo(ADUS)).toEqual([]);
  expect(players.count).toBe(0);
  players.end();
  expect(sentTo(RTCP).at(-1)?.subarray(-8, -4).toString('hex')).toBe('81cb0001');
});
