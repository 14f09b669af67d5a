import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { certificateOf } from '../../../src/overlay/tls/certificate.js';
import { drawSigningKey, signingKeyOf } from '../../../src/runtime/signing-key.js';
import { afterTest } from '../../after-test.js';

/** What openssl prints. */
async function openssl(args: readonly string[], input = ''): Promise<string> {
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + errors;
}

/** A file with that certificate. */
function fileOf(certificate: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-certificate-'));
  afterTest(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'certificate.pem');
  writeFileSync(file, certificate);
  return file;
}

test('A certificate shows its key, its name and no end, as openssl reads it', async () => {
  const key = signingKeyOf(new Uint8Array(32).fill(7));
  const shown = await openssl(['x509', '-noout', '-text'], certificateOf(key, 'an SCX'));
  expect(shown).toContain('Version: 3 (0x2)');
  expect(shown).toContain('Public Key Algorithm: ED25519');
  expect(shown).toContain('Signature Algorithm: ED25519');
  expect(shown).toContain('Issuer: CN = an SCX');
  expect(shown).toContain('Subject: CN = an SCX');
  expect(shown).toContain('Not After : Dec 31 23:59:59 9999 GMT');
  const bytes = shown.match(/pub:\n((?:\s+[0-9a-f:]+\n){3})/)?.[1]?.replace(/[\s:]/g, '') ?? '';
  expect(Buffer.from(bytes, 'hex').toString('base64url')).toBe(key.publicKey);
});

test('A certificate is signed by its own key, as openssl verifies', async () => {
  const file = fileOf(certificateOf(drawSigningKey(), 'an SCX'));
  const other = fileOf(certificateOf(drawSigningKey(), 'an SCX'));
  const verify = (of: string) => openssl(['verify', '-check_ss_sig', '-CAfile', file, of]);
  expect(await verify(file)).toContain(': OK');
  expect(await verify(other)).toContain('verification failed');
});

test('Certificates of a hundred keys are read back, whatever their bytes are', () => {
  for (let n = 0; n < 100; n++) {
    const key = signingKeyOf(new Uint8Array(32).fill(n));
    const certificate = new X509Certificate(certificateOf(key, `${n}`));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const jwk = certificate.publicKey.export({ format: 'jwk' });
    expect(jwk.x).toBe(key.publicKey);
  }
});

test('A TLS 1.3 server presents the certificate, and openssl s_client accepts it', async () => {
  const key = drawSigningKey();
  const cert = certificateOf(key, 'an SCX');
  const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const server = createServer({ key: pem, cert, minVersion: 'TLSv1.3' }, (socket) => socket.end());
  afterTest(() => void server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shown = await openssl(['s_client', '-connect', at, '-CAfile', fileOf(cert)]);
  expect(shown).toContain('Verify return code: 0 (ok)');
  expect(shown).toContain('New, TLSv1.3');
});
