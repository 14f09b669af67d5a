/**
 * DJs with passwords of their own, with the real processes: each is heard up to the priority that
 * was given, with `broadcast` and with an encoder, until the password is taken back.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Replayed, replay } from '../support/encoders.js';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/guests';
const NAME = `scattercast://${PATH}`;
const stage = createStage();
let cluster: Cluster;
let announcement = '';
/** Of the DJ anna. */
let password = '';
let anna: Running;
let encoder: Replayed;

beforeAll(async () => {
  cluster = await stage.cluster();
  announcement = await stage.announce(cluster, NAME);
});

afterAll(async () => {
  encoder?.end();
  await stage.close();
});

/** Announces again, with the session's token or another one. */
async function announce(args: readonly string[], token = stage.secretsOf(announcement).token) {
  const env = { SCATTERCAST_TOKEN: token };
  const running = stage.run(['announce', '--cluster', cluster.url, '--name', NAME, ...args], {
    env,
  });
  const { code } = await running.exited;
  return { code, said: running.stdout() + running.stderr() };
}

const broadcast = (secret: string, ...args: string[]): Running =>
  stage.run(
    [
      'broadcast',
      '--cluster',
      cluster.url,
      '--announcement',
      announcement,
      ...args,
      '--loop',
      CLIP,
    ],
    { env: { SCATTERCAST_PASSWORD: secret } },
  );

/** Priorities of the sources that the session's SCX knows, by the names of their keys. */
const sources = async () =>
  Object.fromEntries(
    (await cluster.scxs()).flatMap((scx) =>
      scx.sources.map(({ name, priority }) => [name ?? '', priority]),
    ),
  );

test('A DJ gets a password, and the station keeps its own', async () => {
  const added = await announce(['--dj', 'anna', '--priority', '50', '--until', '2h']);
  expect(added).toMatchObject({ code: 0 });
  expect(added.said).not.toMatch(/^source password/m);
  [, password = ''] = added.said.match(/^the DJ's source password: (\S+) /m) ?? [];
  const shown = await announce(['--list-djs'], '');
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.said).toMatch(/DJ anna: priority up to 50, until 20/);
  const { said } = await announce(['--list-djs', '--json'], '');
  const [dj, ...others] = JSON.parse(said).djs;
  expect(dj).toMatchObject({ name: 'anna', priority: 50, until: expect.stringMatching(/^20.*Z$/) });
  expect(others).toEqual([]);
});

test('A DJ is on the air with at most the given priority, beside the station', async () => {
  // The SCX was there before the password, and asks its front end before it would refuse.
  anna = broadcast(password, '--priority', '200');
  await anna.line(/on the air/);
  await broadcast(stage.secretsOf(announcement).password).line(/on the air/);
  await until('both', async () => Object.keys(await sources()).length === 2);
  expect(await sources()).toEqual({ anna: 50, station: 128 });
});

test('An encoder of the DJ is let in with the same password', async () => {
  encoder = replay(
    cluster.port,
    `SOURCE /${PATH}?priority=40 HTTP/1.0\r\nAuthorization: Basic ${btoa(`source:${password}`)}\r\n` +
      'Content-Type: audio/mpeg\r\n\r\n',
  );
  encoder.play();
  await until('an answer', () => encoder.said() !== '');
  expect(encoder.said()).toContain('200 OK');
  const feeding = async () =>
    (await cluster.scxs()).flatMap((scx) => scx.sources.filter(({ mount }) => mount !== undefined));
  await until('its source', async () => (await feeding()).length === 1);
  expect(await feeding()).toMatchObject([{ name: 'anna', priority: 40 }]);
});

test('Only the token takes a DJ back, and only one who is there', async () => {
  expect((await announce(['--remove-dj', 'anna'], 'another-token-that-is-wrong')).code).toBe(5);
  const unknown = await announce(['--remove-dj', 'ben']);
  expect(unknown.code).toBe(2);
  expect(unknown.said).toMatch(/there is no DJ "ben"; the session has "anna"/);
  expect(await sources()).toHaveProperty('anna');
});

test('A DJ who is taken back is off the air, with broadcast and encoder; the station stays', async () => {
  expect(await announce(['--remove-dj', 'anna'])).toMatchObject({ code: 0 });
  expect((await anna.exited).code).toBe(5);
  expect(anna.stderr()).toMatch(/the source password is wrong/);
  await until('the encoder to be disconnected', () => encoder.isClosed());
  await until('the station alone', async () => Object.keys(await sources()).join() === 'station');
  const again = broadcast(password);
  expect((await again.exited).code).toBe(5);
});
