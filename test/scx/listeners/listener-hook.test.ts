/** The hook by itself, with a server that is silent or broken. */
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createListenerHook, type ListenerHook } from '../../../src/scx/listeners/listener-hook.js';
import { type HookServer, startHookServer } from '../../icecast/hook-server.js';
import { withoutWaiting } from '../support.js';

const wait = { timeout: 20_000, interval: 5 };
const ANSWER_MS = 5000;
const listener = {
  ...{ client: 1, mount: '/a/night.mp3', address: '10.0.0.7', agent: 'x' },
  ...{ user: '', password: '' },
};

let server: HookServer;
let hook: ListenerHook;
const warnings: unknown[] = [];

function create(url: string, onFailure: 'allow' | 'deny' = 'deny'): ListenerHook {
  const log = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
  const launch = { advertiseHost: 'radio.example', httpPort: 8100 };
  return createListenerHook({ settings: { url, onFailure }, launch, mount: '/a/night.mp3', log });
}

afterEach(async () => {
  await hook.close();
  server.close();
  warnings.length = 0;
});

describe('A listener hook', () => {
  test('gives up a silent server after a while, and warns once, without its address', async () => {
    server = await startHookServer(() => undefined);
    hook = create(`${server.url}?key=secret`);
    withoutWaiting([ANSWER_MS]);
    const verdicts = await Promise.all([hook.ask(listener), hook.ask(listener)]);
    expect(verdicts).toEqual([{ kind: 'failed' }, { kind: 'failed' }]);
    expect(hook.counters).toEqual({ asked: 2, denied: 0, failed: 2, lost: 0 });
    await vi.waitUntil(() => warnings.length === 1, wait);
    expect(`${warnings}`).not.toContain('secret');
  });

  test('has a bounded number of questions under way and waiting', async () => {
    server = await startHookServer(() => undefined);
    hook = create(server.url, 'allow');
    const held = Array.from({ length: 64 + 4096 }, () => hook.ask(listener));
    await vi.waitUntil(() => server.told.length === 64, wait);
    expect(await hook.ask(listener)).toEqual({ kind: 'admitted', limitMs: undefined });
    expect(server.told).toHaveLength(64);
    await hook.close();
    server.close();
    await Promise.all(held);
  });

  test('tells the beginning and the end of a mount, in this order and once each', async () => {
    server = await startHookServer((_fields, response) => void response.end());
    hook = create(server.url);
    for (const isFed of [false, true, true, false, true, false]) hook.onSources(isFed);
    await vi.waitUntil(() => server.told.length >= 4, wait);
    await hook.close();
    const actions = server.told.map(({ fields }) => fields.action);
    expect(actions).toEqual(['mount_add', 'mount_remove', 'mount_add', 'mount_remove']);
    expect(server.told[0]!.fields).toEqual({
      ...{ action: 'mount_add', mount: '/a/night.mp3', server: 'radio.example', port: '8100' },
    });
  });

  test('gives way to another one, which is told of the mount, and to none', async () => {
    server = await startHookServer();
    const before = await startHookServer();
    hook = create(before.url);
    hook.onSources(true);
    hook.set({ url: server.url, onFailure: 'deny' });
    hook.onSources(true);
    expect(await hook.ask(listener)).toEqual({ kind: 'admitted', limitMs: undefined });
    hook.set(undefined);
    hook.onSources(true);
    expect([hook.isSet, await hook.ask(listener)]).toMatchObject([false, { kind: 'admitted' }]);
    hook.onLeft(listener, 1000);
    await hook.close();
    before.close();
    const actions = ({ told }: HookServer) => told.map(({ fields }) => fields.action);
    expect(actions(before)).toEqual(['mount_add', 'mount_remove']);
    expect(actions(server).sort()).toEqual(['listener_add', 'mount_add', 'mount_remove']);
    expect(hook.counters).toMatchObject({ asked: 1, lost: 0 });
  });

  test('counts the events that its server does not take', async () => {
    server = await startHookServer((_fields, response) => void response.writeHead(500).end());
    hook = create(server.url);
    hook.onLeft(listener, 61_900);
    await vi.waitUntil(() => hook.counters.lost === 1, wait);
    expect(server.told[0]!.fields).toMatchObject({ action: 'listener_remove', duration: '61' });
  });
});
