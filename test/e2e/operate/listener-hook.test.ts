/**
 * Stations check listeners with scripts for Icecast's URL authentication. The same server is given to
 * a real Icecast and to a cluster, the same players come and go at both, and what the server is told
 * is compared.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, type HookServer, startHookServer } from '../../icecast/hook-server.js';
import { ffmpeg } from '../support/encoders.js';
import { type Icecast, startIcecast } from '../support/icecast.js';
import { has } from '../support/players.js';
import { type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const installed = has('icecast2') && has('ffmpeg') && has('curl') && has('mpg123');
const NIGHT = 'scattercast://radio.example/night';
const MOUNT = '/radio.example/night.mp3';

const stage = createStage();
const running: Running[] = [];
const hooks: HookServer[] = [];
let icecast: Icecast;
let cluster: Cluster;

/** A station's script: a ticket in the address, or a name and a password. */
const startHook = async (): Promise<HookServer> => {
  const hook = await startHookServer(({ mount, user, pass }, response) => {
    const isKnown = user === 'ann' && pass === 'right & wrong';
    if (isKnown || mount?.includes('ticket=7') === true) admit(response);
    else response.end();
  });
  hooks.push(hook);
  return hook;
};

/** Icecast's settings for a mount with such a hook. */
const hookedMount = (url: string): string => {
  const actions = ['mount_add', 'mount_remove', 'listener_add', 'listener_remove'];
  const options = actions.map((action) => `<option name="${action}" value="${url}"/>`);
  return `<mount><mount-name>${MOUNT}</mount-name>
    <authentication type="url">${options.join('')}</authentication></mount>`;
};

/** A server, its hook, and the encoder that feeds it. */
interface Side {
  readonly url: string;
  readonly hook: HookServer;
  readonly encoder: Running;
}

const sides: Side[] = [];

async function prepareOurs(): Promise<Side> {
  const hook = await startHook();
  cluster = await stage.cluster({ extra: ['--listener-hook', hook.url] });
  const { password } = stage.secretsOf(await stage.announce(cluster, NIGHT));
  const encoder = ffmpeg({ port: cluster.port, mount: MOUNT, password });
  running.push(encoder);
  return { url: cluster.url, hook, encoder };
}

async function prepareTheirs(): Promise<Side> {
  const hook = await startHook();
  icecast = await startIcecast(hookedMount(hook.url));
  return { url: icecast.url(''), hook, encoder: await icecast.feed(MOUNT) };
}

beforeAll(async () => {
  if (!installed) return;
  sides.push(...(await Promise.all([prepareOurs(), prepareTheirs()])));
  for (const { hook } of sides) {
    await until('the mount', () => hook.of('mount_add').length === 1);
  }
}, 90_000);

afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await stage.close();
  if (installed) await icecast.close();
  for (const hook of hooks) hook.close();
});

/** Listens with curl until something is heard, and leaves; the fields of the two messages. */
async function listen({ url, hook }: Side, query: string, ...more: string[]) {
  const before = hook.of('listener_remove').length;
  const player = start('curl', ['-sSL', '-A', 'Old/1 "x"', ...more, `${url}${MOUNT}${query}`]);
  running.push(player);
  await until('the first sound', () => player.stdout().length > 0 && true);
  player.child.kill('SIGKILL');
  await until('its end', () => hook.of('listener_remove').length > before);
  return [hook.of('listener_add').at(-1), hook.of('listener_remove').at(-1)] as const;
}

/** What does not depend on the server. */
const comparable = (fields: Readonly<Record<string, string>> | undefined) => {
  const { port, client, duration, ...others } = fields ?? {};
  const isNumber = (text?: string) => text === undefined || /^\d+$/.test(text);
  const numbers = [port, client, duration].map(isNumber);
  return { numbers, names: Object.keys(fields ?? {}), ...others };
};

const statusOf = async ({ url }: Side): Promise<unknown[]> => {
  const response = await fetch(`${url}${MOUNT}`);
  await response.body?.cancel();
  const challenge = response.headers.get('www-authenticate');
  return [response.status, challenge?.replace(/".*"/, '""')];
};

describe.skipIf(!installed)('The listener hook, beside that of Icecast,', () => {
  const both = async <T>(one: (side: Side) => Promise<T>): Promise<T[]> => [
    await one(sides[0]!),
    await one(sides[1]!),
  ];

  test('is told the same of a listener with a ticket', async () => {
    const [ours, theirs] = await both((side) => listen(side, '?ticket=7&x=a%26b'));
    expect(ours!.map(comparable)).toEqual(theirs!.map(comparable));
    expect(ours![0]!.client).toBe(ours![1]!.client);
  });

  test('is told the same of a listener with a password, which comes through the front end', async () => {
    const [ours, theirs] = await both((side) => listen(side, '', '-u', 'ann:right & wrong'));
    expect(ours!.map(comparable)).toEqual(theirs!.map(comparable));
  });

  test('denies others with the same answer', async () => {
    const [ours, theirs] = await both(statusOf);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual([401, 'Basic realm=""']);
  });

  test.each([
    ['ffmpeg', (url: string) => ['-v', 'error', '-i', url, '-c', 'copy', '-f', 'mp3', '-']],
    ['curl', (url: string) => ['-sSL', '--anyauth', url]],
  ])('lets %s in, which sends a password only when it is asked', async (program, args) => {
    for (const { url, hook } of sides) {
      const before = hook.of('listener_add').length;
      const withPassword = url.replace('//', `//ann:${encodeURIComponent('right & wrong')}@`);
      const player = start(program, args(`${withPassword}${MOUNT}`));
      running.push(player);
      await until('the first sound', () => player.stdout().length > 0 && true);
      player.child.kill('SIGKILL');
      const users = hook.of('listener_add').slice(before);
      expect(users.map(({ user }) => user)).toEqual(['', 'ann']);
    }
  });

  test('lets mpg123 in with a password', async () => {
    for (const { url, hook } of sides) {
      const before = hook.of('listener_add').length;
      const plain = ['-q', '-t', '-u', 'ann:right & wrong', `${url}${MOUNT}`];
      const player = start('mpg123', plain);
      running.push(player);
      await until('the question', () =>
        hook
          .of('listener_add')
          .slice(before)
          .some(({ user }) => user === 'ann'),
      );
      player.child.kill('SIGKILL');
    }
  });

  test('is told the same of the end of a source', async () => {
    const [ours, theirs] = await both(async ({ hook, encoder }) => {
      encoder.child.kill('SIGKILL');
      await until('the end', () => hook.of('mount_remove').length === 1);
      return [hook.of('mount_add')[0], hook.of('mount_remove')[0]];
    });
    expect(ours!.map(comparable)).toEqual(theirs!.map(comparable));
  });
});

describe.skipIf(!has('curl') || !has('ffmpeg'))('A listener hook', () => {
  test('that the operator names later holds for the SCXs that run', async () => {
    const hook = await startHookServer((_fields, response) =>
      response.writeHead(200, { 'icecast-auth-message': 'Not paid' }).end(),
    );
    hooks.push(hook);
    const before = await stage.cluster();
    const { password } = stage.secretsOf(await stage.announce(before, NIGHT));
    running.push(ffmpeg({ port: before.port, mount: MOUNT, password }));
    const scx = await until('the air', async () =>
      (await before.scxs()).find(({ playing }) => playing !== null),
    );
    before.process.child.kill('SIGUSR2');
    await before.process.exited;
    const { dataDir, port } = before;
    const after = await stage.cluster({ dataDir, port, extra: ['--listener-hook', hook.url] });
    await until('the source', () => hook.of('mount_add').length === 1);
    const answer = await fetch(`${after.url}${MOUNT}`);
    expect([answer.status, await answer.text()]).toEqual([401, 'Not paid\n']);
    expect((await after.scxs()).map(({ id }) => id)).toEqual([scx.id]);
  });
});
