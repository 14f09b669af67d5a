/**
 * What Icecast users complain about most: a source ends, another one takes over, the first comes
 * back. Here are two clusters with one listener each, which stays connected through all changes.
 * With SCATTERCAST_MEASURE=1 the test prints what the listeners noticed.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clock, type Hearing, hear, silentFile } from '../support/heard.js';
import { CLIP, isAlive, type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/never-silent';
const NAME = `scattercast://${PATH}`;
/** Bit rates, which tell the sources apart: the file, a second fallback, the studio (CLIP). */
const [FILE, SECOND, STUDIO] = [64, 96, 128];
/** A listener that has received all but this much has been given what it missed, ms. */
const UNDER_WAY_MS = 1000;
/** Listened to at another cluster, ms. */
const HEARD_MS = 2000;
/** Listened to after a change: a source that comes and goes would show by then, ms. */
const SETTLED_MS = 1000;
const STALLED_MS = 3000;
/** Longer than a source may be silent, shorter than its broadcaster waits. */
const HELD_UP_MS = 1500;

const stage = createStage();
const events: { readonly event: string; readonly priority: number }[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    events.push(JSON.parse(body));
    response.end();
  });
});
let home: Cluster;
let away: Cluster;
let announcement = '';
let listeners: readonly Hearing[] = [];
let studio: Running;
let changesSince = 0;
const secondFile = join(stage.directory, 'second.mp3');

const eventNames = (): string[] => events.map(({ event }) => event);

const goOnAir = (cluster: Cluster, priority: number, file: string): Promise<Running> =>
  stage.broadcast(cluster, announcement, '--loop', '--priority', `${priority}`, file);

const titleAt = async (cluster: Cluster): Promise<string | null | undefined> =>
  (await cluster.scxs())[0]?.title;

/** Prints what each listener noticed, if SCATTERCAST_MEASURE is set. */
function measured(what: string, noticed: readonly unknown[]): void {
  if (process.env.SCATTERCAST_MEASURE !== '1') return;
  for (const [index, one] of noticed.entries()) {
    process.stdout.write(`${what} | ${['home', 'away'][index]} | ${JSON.stringify(one)}\n`);
  }
}

/** What a change does to listeners: passages from one source to another, and whether what they
 * missed is made up for. */
interface Expected {
  readonly passages: number;
  readonly isMadeUpFor: boolean;
}
const ONE_PASSAGE: Expected = { passages: 1, isMadeUpFor: true };
const NO_PASSAGE: Expected = { passages: 0, isMadeUpFor: true };
/** The time that it takes to start a process is not made up for: there was no sound. */
const ANOTHER_PROCESS: Expected = { passages: 0, isMadeUpFor: false };

/** Does something, waits until all hear that source, and checks what they noticed. */
async function change(
  what: string,
  bitrateKbps: number,
  act: () => unknown,
  { passages, isMadeUpFor } = ONE_PASSAGE,
) {
  const since = clock();
  const counts = listeners.map((listener) => listener.passages().length);
  await act();
  const isHeard = (listener: Hearing): boolean => listener.now() === bitrateKbps;
  await until(`${what}: all hear ${bitrateKbps}`, () => listeners.every(isHeard));
  const hasAll = (listener: Hearing): boolean => listener.shortfallMs(since).last < UNDER_WAY_MS;
  if (isMadeUpFor) await until(`${what}: what was missed`, () => listeners.every(hasAll));
  await pause(SETTLED_MS);
  const noticed = listeners.map((listener, index) => ({
    changedMs: Math.round((listener.passages().at(-1)?.from ?? 0) - since),
    longestGapMs: Math.round(listener.longestGapMs(since)),
    lacksAtWorstMs: Math.round(listener.shortfallMs(since).worst),
    lostMs: Math.round(listener.shortfallMs(since).last),
    passages: listener.passages().length - (counts[index] ?? 0),
  }));
  measured(what, noticed);
  for (const listener of listeners) {
    expect(listener.isClosed, `${what}: no listener is closed`).toBe(false);
    expect(listener.junkBytes, `${what}: whole frames only`).toBe(0);
    expect(listener.now()).toBe(bitrateKbps);
  }
  for (const row of noticed) {
    expect(row.passages, `${what}: one change, not back and forth`).toBe(passages);
  }
}

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const file = join(stage.directory, 'night_loop.mp3');
  writeFileSync(file, silentFile(64));
  writeFileSync(secondFile, silentFile(96));
  [home, away] = await Promise.all([stage.cluster(), stage.cluster()]);
  announcement = await stage.announce(home, NAME, '--fallback', file, '--webhook', hook);
  const query = new URLSearchParams({ announcement });
  listeners = [home, away].map(({ url }) => hear(`${url}/listen?${query}`));
});

afterAll(async () => {
  for (const listener of listeners) listener.stop();
  await stage.close();
  receiver.close();
});

test('Without a broadcaster the file is played, at both clusters, with its title', async () => {
  await until('the file', () => listeners.every((listener) => listener.now() === FILE));
  for (const cluster of [home, away]) {
    await until('the title', async () => (await titleAt(cluster)) === 'night loop');
  }
  await pause(SETTLED_MS);
  changesSince = clock();
});

test('A studio is heard as soon as it is on the air, with its own title', async () => {
  await change('the studio begins', STUDIO, async () => {
    studio = await goOnAir(away, 100, CLIP);
  });
  for (const cluster of [home, away]) {
    await until(
      'its title',
      async () => ![null, 'night loop'].includes((await titleAt(cluster)) ?? null),
    );
  }
});

test('When it is killed, the file fills in, and its title and the webhook say so', async () => {
  await change('kill -9 of the studio', FILE, () => studio.child.kill('SIGKILL'));
  for (const cluster of [home, away]) {
    await until('the title', async () => (await titleAt(cluster)) === 'night loop');
  }
  await until('the webhook', () => eventNames().includes('fallback.engaged'));
  expect(events.find(({ event }) => event === 'fallback.engaged')).toMatchObject({
    priority: 0,
    title: 'night loop',
  });
});

test('When it is back, it is heard again, and the webhook says so', async () => {
  await change('the studio is back', STUDIO, async () => {
    studio = await goOnAir(away, 100, CLIP);
  });
  await until('the webhook', () => eventNames().includes('fallback.ended'));
});

test('When it stalls and goes on, the file fills in meanwhile', async () => {
  await change('the studio stalls', FILE, () => studio.child.kill('SIGSTOP'));
  await pause(STALLED_MS - SETTLED_MS);
  await change('the studio goes on', STUDIO, () => studio.child.kill('SIGCONT'));
});

test('An SCX that is held up itself does not take its source for silent', async () => {
  const [, listener] = listeners;
  const [scx] = await away.scxs();
  const before = listener?.passages().length;
  const since = clock();
  process.kill(scx?.pid ?? 0, 'SIGSTOP');
  await pause(HELD_UP_MS);
  process.kill(scx?.pid ?? 0, 'SIGCONT');
  const lacks = () => listener?.shortfallMs(since).last ?? Number.POSITIVE_INFINITY;
  await until('what was missed', () => lacks() < UNDER_WAY_MS);
  expect(listener?.passages().length).toBe(before);
  // The others may have heard the file meanwhile.
  await until('the studio', () => listeners.every((each) => each.now() === STUDIO));
  await pause(SETTLED_MS);
});

test('When it ends in order, the file fills in', async () => {
  await change('the studio ends', FILE, async () => {
    studio.child.kill('SIGINT');
    await studio.exited;
  });
});

test('A second fallback goes before the file, and after the studio', async () => {
  let second: Running;
  await change('a second fallback', SECOND, async () => {
    second = await goOnAir(home, 10, secondFile);
  });
  await change('the studio is back again', STUDIO, async () => {
    studio = await goOnAir(home, 100, CLIP);
  });
  await change('kill -9 with two fallbacks', SECOND, () => studio.child.kill('SIGKILL'));
  await change('kill -9 of the second', FILE, () => second.child.kill('SIGKILL'));
});

test('A source that comes with a higher priority than another one is heard', async () => {
  studio = await goOnAir(away, 100, CLIP);
  await until('the studio', () => listeners.every((listener) => listener.now() === STUDIO));
  let urgent: Running;
  await change('a higher priority', SECOND, async () => {
    urgent = await goOnAir(away, 200, secondFile);
  });
  await change('the higher one ends', STUDIO, async () => {
    urgent.child.kill('SIGINT');
    await urgent.exited;
  });
  await change('the studio ends, too', FILE, () => studio.child.kill('SIGINT'));
});

test('The webhook got every event, each engagement followed by its end', async () => {
  const changes = () => eventNames().filter((name) => name.startsWith('fallback.'));
  await until(
    'the last one',
    () => changes().at(-1) === 'fallback.engaged' && changes().length >= 7,
  );
  expect(eventNames()).toEqual(
    expect.arrayContaining(['source.up', 'source.down', 'title.changed']),
  );
});

test('After all changes no listener has had less audio than was played meanwhile', async () => {
  const lacks = () => listeners.map((listener) => listener.shortfallMs(changesSince).last);
  measured(`all changes, ${Math.round(clock() - changesSince)} ms`, lacks().map(Math.round));
  await until('all audio', () => lacks().every((lackMs) => lackMs < UNDER_WAY_MS));
});

test('The process that plays the file is started again when it dies, and there is only one', async () => {
  const [first = 0] = await players();
  await change(
    'kill -9 of the player',
    FILE,
    () => process.kill(first, 'SIGKILL'),
    ANOTHER_PROCESS,
  );
  await until('another player', async () => ![undefined, first].includes((await players())[0]));
  const [second, ...others] = await players();
  expect(second).not.toBe(first);
  expect(others).toEqual([]);
});

test('It plays on while the front end is away, and is the same when that is back', async () => {
  const before = await players();
  await change(
    'kill -9 of the front end',
    FILE,
    () => home.process.child.kill('SIGKILL'),
    NO_PASSAGE,
  );
  home = await stage.cluster({ dataDir: home.dataDir, port: home.port });
  await until('its SCX', async () => (await home.scxs()).length === 1);
  await pause(SETTLED_MS);
  expect(await players()).toEqual(before);
});

test('It ends with its SCX; the next SCX plays on, for listeners elsewhere', async () => {
  const [, elsewhere] = listeners;
  const [player = 0] = await players();
  const [scx] = await home.scxs();
  process.kill(scx?.pid ?? 0, 'SIGKILL');
  await until('the end of the player', () => !isAlive(player));
  await until('another one', async () => (await players()).length === 1);
  const since = clock();
  await until('sound elsewhere', () => (elsewhere?.audioMs(since) ?? 0) > HEARD_MS);
  expect(elsewhere?.isClosed).toBe(false);
});

test('Another file replaces it, and `none` ends it', async () => {
  const { token } = stage.secretsOf(announcement);
  const announce = (file: string) =>
    stage.run(['announce', '--cluster', home.url, '--name', NAME, '--fallback', file], {
      env: { SCATTERCAST_TOKEN: token },
    }).exited;
  expect((await announce(secondFile)).code).toBe(0);
  await until('the other file', () => listeners[1]?.now() === SECOND);
  expect(await players()).toHaveLength(1);
  expect((await announce('none')).code).toBe(0);
  await until('the end', async () => (await players()).length === 0);
});

/** The processes that play the file: children of the home's SCX. */
async function players(): Promise<readonly number[]> {
  const listing = start('ps', ['-eo', 'pid=,ppid=']);
  await listing.exited;
  const [scx] = await home.scxs();
  const rows = listing.stdout().trim().split('\n');
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid = 0, parent]) => (parent === scx?.pid ? [pid] : []));
}
