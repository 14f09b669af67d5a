/** The hook of ACME clients: a cluster that runs shows the renewed certificate. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { openTls } from '../../src/http/server/tls.js';
import { afterTest } from '../after-test.js';
import { quiet, temporaryFolder } from '../cluster/support.js';
import { makeCertificate } from '../e2e/support/certificate.js';

const HOOK = resolve(import.meta.dirname, '../../scripts/packaging/acme/acme-hook');

/** A folder for the cluster's files, and certificates as an ACME client leaves them. */
function setUp() {
  const folder = temporaryFolder();
  const target = join(folder, 'tls');
  /** A renewed certificate in a folder like certbot's `live/NAME`. */
  const renew = (name: string): string => {
    const lineage = join(folder, name);
    mkdirSync(lineage);
    const { cert, key } = makeCertificate(folder, name);
    cpSync(cert, join(lineage, 'fullchain.pem'));
    cpSync(key, join(lineage, 'privkey.pem'));
    return lineage;
  };
  const hook = (args: readonly string[], env: NodeJS.ProcessEnv = {}): void =>
    void execFileSync(HOOK, args, { env: { ...process.env, SCATTERCAST_TLS_DIR: target, ...env } });
  return { folder, target, renew, hook };
}

/** Serves https with the files of a folder. */
async function serve(target: string) {
  const files = { cert: join(target, 'cert.pem'), key: join(target, 'key.pem') };
  const tls = await openTls(files, quiet);
  const server = createServer(tls.secure).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => void server.close());
  afterTest(() => tls.close());
  const { port } = server.address() as AddressInfo;
  /** The name in the certificate that a new client is shown. */
  const shown = async (): Promise<unknown> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };
  return { reload: tls.reload, shown };
}

test('Certificates of certbot, lego and acme.sh come to a server that runs', async () => {
  const { target, renew, hook } = setUp();
  hook([], { RENEWED_LINEAGE: renew('certbot') });
  expect(readdirSync(target).sort()).toEqual(['cert.pem', 'key.pem']);
  expect(statSync(join(target, 'key.pem')).mode & 0o777).toBe(0o600);
  expect(statSync(target).mode & 0o777).toBe(0o700);
  const { reload, shown } = await serve(target);
  expect(await shown()).toBe('certbot');

  const lego = renew('lego');
  hook([], {
    LEGO_CERT_PATH: join(lego, 'fullchain.pem'),
    LEGO_CERT_KEY_PATH: join(lego, 'privkey.pem'),
  });
  await reload();
  expect(await shown()).toBe('lego');

  const acme = renew('acme.sh');
  hook([join(acme, 'fullchain.pem'), join(acme, 'privkey.pem')]);
  await reload();
  expect(await shown()).toBe('acme.sh');
});

test('A hook that is told nothing, or a file that is missing, leaves the certificate alone', async () => {
  const { folder, target, renew, hook } = setUp();
  hook([], { RENEWED_LINEAGE: renew('certbot') });
  const env = { ...process.env, SCATTERCAST_TLS_DIR: target };
  expect(spawnSync(HOOK, [], { env, encoding: 'utf8' })).toMatchObject({ status: 2 });
  const key = join(folder, 'only.key');
  writeFileSync(key, 'a key');
  expect(spawnSync(HOOK, [join(folder, 'missing'), key], { env }).status).not.toBe(0);
  const { shown } = await serve(target).catch(() => ({ shown: async () => 'unusable' }));
  expect(await shown()).toBe('certbot');
});
