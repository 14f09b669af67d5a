/** What the doctor says about certificates that openssl made. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  checkCertificate,
  checkCertificateFiles,
} from '../../../src/cli/doctor/certificate-check.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast-doctor-'));
const at = (name: string): string => join(directory, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');
const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const NAMES = ['-addext', 'subjectAltName=DNS:radio.example,IP:192.0.2.7'];
const DAYS = 100;
const DAY_MS = 86_400_000;
let made = 0;

/** A certificate of our own authority, with its chain, and a key that is not its key. */
beforeAll(() => {
  openssl(
    'req',
    '-x509',
    ...CURVE,
    '-subj',
    '/CN=Authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  const leaf = ['req', '-x509', ...CURVE, ...NAMES, '-subj', '/CN=radio.example'];
  openssl(
    ...leaf,
    '-days',
    `${DAYS}`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-keyout',
    'key',
    '-out',
    'leaf',
  );
  openssl(...leaf, '-days', `${DAYS}`, '-keyout', 'own.key', '-out', 'own.crt');
  writeFileSync(at('chain'), text('leaf') + text('ca.crt'));
  made = Date.now();
});
afterAll(() => rmSync(directory, { recursive: true }));

const facts = (host = 'radio.example', days = 0) => ({
  ...{ cert: text('chain'), key: text('key'), host, now: made + days * DAY_MS },
});

test('A certificate for the host with its chain is good', () => {
  expect(checkCertificate(facts())).toMatchObject({ check: 'certificate', state: 'good' });
  expect(checkCertificate(facts('192.0.2.7'))).toMatchObject({ state: 'good' });
});

test('A certificate for another host is a problem, and says for whom it is', () => {
  const found = checkCertificate(facts('other.example'));
  expect(found).toMatchObject({ state: 'problem' });
  expect(found.says).toContain('DNS:radio.example');
  expect(checkCertificate(facts('192.0.2.8')).state).toBe('problem');
});

test.each([
  [DAYS - 20, 'good', 'valid until'],
  [DAYS - 10, 'problem', 'expires in'],
  [DAYS + 2, 'problem', 'has expired'],
  [-2, 'problem', 'is the clock right'],
])('After %i days the certificate is %s: %s', (days, state, why) => {
  const found = checkCertificate(facts('radio.example', days));
  expect(found).toMatchObject({ state });
  expect(found.says).toContain(why);
});

test('A key of another certificate is a problem', () => {
  expect(checkCertificate({ ...facts(), key: text('own.key') }).says).toContain('is not the key');
});

test('A certificate without its chain, or signed by itself, is a warning', () => {
  expect(checkCertificate({ ...facts(), cert: text('leaf') }).says).toContain('whole chain');
  const own = { ...facts(), cert: text('own.crt'), key: text('own.key') };
  expect(checkCertificate(own)).toMatchObject({ state: 'warning' });
});

test('Files that are missing or are no certificate are a problem, not an error', async () => {
  writeFileSync(at('junk'), 'junk');
  const missing = { cert: at('missing'), key: at('key') };
  const found = await checkCertificateFiles(missing, 'radio.example', made);
  expect(found).toMatchObject({ state: 'problem' });
  expect(found.says).toContain('there is no such file');
  const junk = { cert: at('junk'), key: at('key') };
  expect((await checkCertificateFiles(junk, 'radio.example', made)).state).toBe('problem');
});
