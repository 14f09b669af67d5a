/**
 * Attacks on a redirector: clusters that want listeners who are not theirs, and strangers who want its time,
 * its memory, or its answers sent to somebody else.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import packet from 'dns-packet';
import { describe, expect, test, vi } from 'vitest';
import { afterTest } from '../after-test.js';
import {
  factsOf,
  portOf,
  redirectorOf,
  type StandIn,
  sessionRoom,
  standIn,
  ZONE,
} from '../redirector/support.js';
import { SESSION_KEY } from '../session/signed.js';

const HONEST = '127.0.0.2';
const EVIL = '127.0.0.66';
const NIGHT = `night.radio.example.${ZONE}`;
const night = sessionRoom('radio.example/night', SESSION_KEY, 96);

/** A cluster that carries a session, and whose directory tells of another one. */
async function honestWith(tell: (honest: StandIn) => object[]): Promise<StandIn> {
  const honest = await standIn(HONEST, 0);
  honest.room = { sessions: [night] };
  honest.clusters = [factsOf(honest), ...tell(honest)];
  return honest;
}

/** The redirector has read the map at least twice since it has found the honest cluster. */
async function settled(honest: StandIn, find: (name: string) => Promise<unknown[]>) {
  await vi.waitFor(async () => expect(await find(NIGHT)).toContain(HONEST));
  const { asked } = honest;
  await vi.waitFor(() => expect(honest.asked).toBeGreaterThan(asked + 2));
}

const NEAR_EVERYBODY = { place: { x: 0, y: 0, height: 0, error: 0.01 } };

describe('A cluster in the directory gets no listener', () => {
  test('because it says that it is near everybody, carries everything and has the most room', async () => {
    const honest = await honestWith(() => []);
    const evil = await standIn(EVIL, portOf(honest));
    evil.room = { free: 1_000_000_000, sessions: [night] };
    evil.networks = [['127.0.0.0', 1]];
    honest.clusters = [factsOf(honest), factsOf(evil, NEAR_EVERYBODY)];
    const { find } = await redirectorOf([honest]);
    await settled(honest, find);
    for (const name of [ZONE, NIGHT]) expect(await find(name)).toEqual([HONEST]);
    const services = (await find(`_scattercast._tcp.${ZONE}`, { type: 'SRV' })) as object[];
    expect(services).toHaveLength(1);
    expect(evil.asked).toBe(0);
  });

  test('because the map names it under the key of a trusted one', async () => {
    const honest = await honestWith(() => []);
    const evil = await standIn(EVIL, portOf(honest));
    honest.clusters = [{ ...factsOf(honest), urls: [honest.url, evil.url] }];
    const { find } = await redirectorOf([honest]);
    await settled(honest, find);
    await vi.waitFor(() => expect(evil.asked).toBeGreaterThan(1));
    expect(await find(NIGHT)).toEqual([HONEST]);
  });

  test('because it passes the questions on to a trusted one, whose answer names its own address', async () => {
    const honest = await honestWith(() => []);
    const relay = await standIn(EVIL, portOf(honest), { key: honest.key });
    relay.room = { urls: [honest.url] };
    honest.clusters = [{ ...factsOf(honest), urls: [honest.url, relay.url] }];
    const { find } = await redirectorOf([honest]);
    await settled(honest, find);
    await vi.waitFor(() => expect(relay.asked).toBeGreaterThan(1));
    expect(await find(NIGHT)).toEqual([HONEST]);
  });

  test('because it shows a key that it does not have', async () => {
    const honest = await honestWith(() => []);
    const thief = await standIn(EVIL, portOf(honest));
    const forger = await standIn('127.0.0.67', portOf(honest), {
      ...{ key: honest.key, signedBy: thief.key },
    });
    honest.clusters = [{ ...factsOf(honest), urls: [honest.url, forger.url] }];
    const { find } = await redirectorOf([honest, forger]);
    await settled(honest, find);
    await vi.waitFor(() => expect(forger.asked).toBeGreaterThan(1));
    expect(await find(NIGHT)).toEqual([HONEST]);
  });

  test('because it carries a session of the same name under a key of its own', async () => {
    const honest = await honestWith(() => []);
    const evil = await standIn(EVIL, portOf(honest));
    evil.room = { sessions: [sessionRoom('radio.example/night', evil.key, 96)] };
    honest.clusters = [factsOf(honest), factsOf(evil)];
    honest.sessions = [{ session: 'scattercast://radio.example/night', key: evil.key.publicKey }];
    const { find } = await redirectorOf([honest]);
    await settled(honest, find);
    expect(await find(NIGHT)).toEqual([HONEST]);
  });

  test('and one that is trusted keeps its own when somebody else names its address', async () => {
    const honest = await honestWith(() => []);
    const evil = await standIn(EVIL, portOf(honest));
    honest.clusters = [{ ...factsOf(evil), urls: [honest.url] }, factsOf(honest)];
    const { find } = await redirectorOf([honest], { trust: 'any', allowPrivate: true });
    await settled(honest, find);
    expect(await find(ZONE)).toEqual([HONEST]);
  });

  test('at a private address, even if all of the directory are trusted', async () => {
    const honest = await honestWith(() => []);
    const inside = await standIn(EVIL, portOf(honest));
    honest.clusters = [factsOf(honest), factsOf(inside)];
    const { find } = await redirectorOf([honest], { trust: 'any' });
    await settled(honest, find);
    expect(inside.asked).toBe(0);
  });
});

describe('A stranger', () => {
  const ask = (name: string, type = 'A'): Buffer =>
    packet.encode({ type: 'query', id: 1, questions: [{ name, type: type as packet.RecordType }] });

  test('whose bytes are no question is not answered, and harms nobody', async () => {
    const honest = await honestWith(() => []);
    const status = { host: '127.0.0.1', port: 0 };
    const { redirector, find } = await redirectorOf([honest], { status });
    const socket = createSocket('udp4');
    afterTest(() => void socket.close());
    const answers: Buffer[] = [];
    socket.on('message', (bytes) => answers.push(bytes));
    const good = ask(ZONE);
    const response = Buffer.from(good);
    response[2] = 0x80;
    for (const bytes of [Buffer.from('x'), good.subarray(0, 20), response, Buffer.alloc(9000)]) {
      socket.send(bytes, redirector.port, '127.0.0.1');
    }
    await vi.waitFor(async () => {
      const metrics = await fetch(`http://127.0.0.1:${redirector.statusPort}/metrics`);
      expect(await metrics.text()).toContain('malformed_total{transport="udp"} 4');
    });
    expect(answers).toEqual([]);
    await settled(honest, find);
  });

  test('who forges the address of a victim has it sent less than was sent', async () => {
    const honest = await honestWith(() => []);
    const { redirector } = await redirectorOf([honest], { rate: 5 });
    const victim = createSocket('udp4');
    afterTest(() => void victim.close());
    const answers: Buffer[] = [];
    victim.on('message', (bytes) => answers.push(bytes));
    const questions = Array.from({ length: 400 }, () => ask(ZONE, 'ANY'));
    for (const bytes of questions) {
      await new Promise((sent) => victim.send(bytes, redirector.port, '127.0.0.1', sent));
    }
    const bytesOf = (all: readonly Buffer[]) => all.reduce((sum, { length }) => sum + length, 0);
    await vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(150));
    expect(answers.length).toBeLessThan(300);
    expect(bytesOf(answers)).toBeLessThan(bytesOf(questions));
    const cut = answers.filter((bytes) => packet.decode(bytes).flag_tc);
    expect(cut.length).toBeGreaterThan(100);
  });

  test('who opens many connections, or says nothing in one, is cut off', async () => {
    const honest = await honestWith(() => []);
    const tcpLimits = { perNetworkMax: 4, idleMs: 300 };
    const { redirector, find } = await redirectorOf([honest], { tcpLimits });
    const open = async (): Promise<Socket> => {
      const socket = connect(redirector.port, '127.0.0.1').resume();
      socket.on('error', () => undefined);
      afterTest(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const sockets = await Promise.all(Array.from({ length: 8 }, open));
    await vi.waitFor(() => expect(sockets.filter(({ closed }) => closed).length).toBe(8));
    await vi.waitFor(async () => expect(await find(ZONE, { tcp: true })).toEqual([HONEST]));
  });

  test.each([
    ['a length that no question has', Buffer.from([0xff, 0xff, 1])],
    ['no question', Buffer.from([0, 3, 1, 2, 3])],
  ])('who sends %s over TCP is cut off', async (_what, bytes) => {
    const honest = await honestWith(() => []);
    const { redirector } = await redirectorOf([honest]);
    const socket = connect(redirector.port, '127.0.0.1').resume();
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
  });
});
