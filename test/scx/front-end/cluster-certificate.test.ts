import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { connect } from 'node:tls';
import express from 'express';
import { describe, expect, test, vi } from 'vitest';
import type { CertificateMark } from '../../../src/api/certificates/cluster-certificate.js';
import {
  certificateRoutes,
  shareCertificate,
} from '../../../src/cluster/fleet/shared-certificate.js';
import { createProofCheck } from '../../../src/http/cluster-proof.js';
import type { CertificatePair } from '../../../src/http/server/tls.js';
import { createClusterCertificate } from '../../../src/scx/front-end/cluster-certificate.js';
import { afterTest } from '../../after-test.js';
import { quiet, temporaryFolder } from '../../cluster/support.js';
import { makeCertificate } from '../../e2e/support/certificate.js';
import { fetchProven } from '../../http/proven.js';

const SECRET = 'the secret of the cluster';
const folder = temporaryFolder();

function pairOf(name: string): CertificatePair {
  const { cert, key } = makeCertificate(folder, name);
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

const OLD = pairOf('old');
const NEW = pairOf('new');

/** A front end, as far as it has a certificate; `sinceMs`: from when on that is valid. */
async function openFrontEnd(pair: CertificatePair | undefined, sinceMs = 1, secret = SECRET) {
  const certificate = shareCertificate(secret, pair && (() => pair));
  let asked = 0;
  const app = express();
  app.use((_request, _response, next) => {
    asked++;
    next();
  });
  app.use(certificateRoutes({ proofs: createProofCheck(secret), certificate }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mark: CertificateMark = { hash: certificate.mark()?.hash ?? '', sinceMs };
  return { offered: { url, mark }, sealed: certificate.sealed(), asked: () => asked };
}

async function openScx(sealed?: string) {
  const { tls, onOffered } = createClusterCertificate({ token: SECRET, sealed, log: quiet });
  const server = createServer(tls.secure).listen(0, '127.0.0.1');
  await once(server, 'listening');
  tls.onSecured((socket) => socket.end());
  afterTest(() => void server.close());
  /** Whose certificate a new connection is shown; '': none. */
  const shown = async (): Promise<string> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise((resolve) => {
      for (const event of ['secureConnect', 'error', 'close']) socket.on(event, resolve);
    });
    const name = socket.getPeerCertificate().subject?.CN;
    socket.destroy();
    return `${name ?? ''}`;
  };
  return { onOffered, shown };
}

describe('The certificate of an SCX on another machine', () => {
  test('comes with its launch, and is not fetched again', async () => {
    const { offered, sealed, asked } = await openFrontEnd(OLD);
    const scx = await openScx(sealed);
    expect(await scx.shown()).toBe('old');
    scx.onOffered([offered]);
    expect(await scx.shown()).toBe('old');
    expect(asked()).toBe(0);
  });

  test('is fetched by an SCX that runs, when its cluster gets one', async () => {
    const { offered } = await openFrontEnd(OLD);
    const scx = await openScx();
    expect(await scx.shown()).toBe('');
    scx.onOffered([offered]);
    await vi.waitFor(async () => expect(await scx.shown()).toBe('old'));
  });

  test('is the one that was issued last, while front ends have different ones', async () => {
    const [before, renewed] = [await openFrontEnd(OLD, 1), await openFrontEnd(NEW, 2)];
    const scx = await openScx(before.sealed);
    const offers = [before.offered, renewed.offered];
    scx.onOffered(offers);
    await vi.waitFor(async () => expect(await scx.shown()).toBe('new'));
    scx.onOffered(offers.toReversed());
    expect(await scx.shown()).toBe('new');
    expect([before.asked(), renewed.asked()]).toEqual([0, 1]);
    scx.onOffered([before.offered]); // the operator has taken the new one back
    await vi.waitFor(async () => expect(await scx.shown()).toBe('old'));
  });

  test('is none when that of its launch cannot be used, but it starts', async () => {
    expect(await (await openScx('garbled')).shown()).toBe('');
  });

  test('stays when another one comes from a stranger, or does not fit its key', async () => {
    const own = await openFrontEnd(OLD);
    const stranger = await openFrontEnd(NEW, 2, 'guessed');
    const broken = await openFrontEnd({ cert: NEW.cert, key: OLD.key }, 2);
    for (const { offered, asked } of [stranger, broken]) {
      const scx = await openScx(own.sealed);
      scx.onOffered([offered]);
      await vi.waitFor(() => expect(asked()).toBeGreaterThan(0));
      expect(await scx.shown()).toBe('old');
    }
  });
});

describe('The certificate of a front end', () => {
  test('is told to nobody without the secret, and its key to nobody who listens', async () => {
    const { offered } = await openFrontEnd(OLD);
    const at = `${offered.url}/certificate`;
    expect((await fetch(at)).status).toBe(401);
    expect((await fetchProven('guessed', at)).status).toBe(401);
    const answer = await fetchProven(SECRET, at);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain('PRIVATE KEY');
  });

  test('is not there where the operator has none', async () => {
    const { offered, sealed } = await openFrontEnd(undefined);
    expect(sealed).toBeUndefined();
    const answer = await fetchProven(SECRET, `${offered.url}/certificate`);
    expect([answer.status, await answer.text()]).toEqual([
      404,
      expect.stringContaining('--tls-cert'),
    ]);
  });
});
