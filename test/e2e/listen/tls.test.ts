/**
 * https for listeners: the same ports, the same scheme all the way, and certificates that change.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen } from '../support/audio.js';
import { makeCertificate } from '../support/certificate.js';
import { CLIP, until } from '../support/processes.js';
import { createStage, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/secure';

let stage: Stage;

function ask(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { rejectUnauthorized: false }, resolve).on('error', reject).end();
  });
}

/** Whose certificate a port shows. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(`${socket.getPeerCertificate().subject.CN}`);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('Listeners that ask by https get https all the way, those that ask by http get http, at the same ports', async () => {
  const files = makeCertificate(stage.directory, 'first');
  const pair = ['--tls-cert', files.cert, '--tls-key', files.key];
  const cluster = await stage.cluster({ extra: pair });
  const announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const secure = cluster.url.replace('http:', 'https:');
  const path = `/listen?announcement=${encodeURIComponent(announcement)}`;
  const redirect = await ask(`${secure}${path}`);
  expect(redirect.statusCode).toBe(302);
  const location = `${redirect.headers.location}`;
  expect(location).toMatch(/^https:\/\/.*\/secure\.mp3$/);
  const playlist = await ask(`${secure}/listen/radio.example/secure.m3u`);
  const text = await readText(playlist);
  expect(text).toMatch(/^https:\/\//m);
  const status = JSON.parse(await readText(await ask(`${secure}/status`)));
  expect(status.cluster.url).toBe(secure);
  expect(status.sessions[0].listenUrl).toBe(`${secure}/listen/radio.example/secure.mp3`);

  const stream = await ask(location);
  expect(stream.headers['content-type']).toBe('audio/mpeg');
  let received = 0;
  stream.on('data', (part: Buffer) => {
    received += part.length;
  });
  const plain = listen(`${cluster.url}${path}`);
  await plain.firstByteMs;
  await until('both to hear', () => received > 32_000 && plain.bytes().length > 32_000);

  // A new certificate is for new connections; the open ones go on.
  const second = makeCertificate(stage.directory, 'second');
  copyFileSync(second.cert, files.cert);
  copyFileSync(second.key, files.key);
  const ports = [new URL(cluster.url), new URL(location)].map(({ port }) => Number(port));
  await until('the new certificate', async () => {
    const names = await Promise.all(ports.map(shownBy));
    return names.every((name) => name === 'second');
  });
  const before = received;
  await until('more audio', () => received > before + 32_000);
  expect(plain.isClosed()).toBe(false);
  stream.destroy();
  plain.stop();
  const log = join(cluster.dataDir, 'access.log');
  await until('the access log', () => {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
    return (
      lines.filter((line) => / "GET \/secure\.mp3 HTTP\/1\.1" 200 \d{5,} /.test(line)).length === 2
    );
  });
});

test('A certificate whose key is another one is refused at once, and the message names both', async () => {
  const first = makeCertificate(stage.directory, 'first');
  const other = makeCertificate(stage.directory, 'other');
  const pair = ['--tls-cert', first.cert, '--tls-key', other.key];
  const data = ['--data', join(stage.directory, 'bad')];
  const bad = stage.run(['cluster', '--port', '0', ...data, ...pair]);
  expect((await bad.exited).code).toBe(6);
  expect(bad.stderr()).toMatch(/the certificate .* and the key .* cannot be used/);
});
