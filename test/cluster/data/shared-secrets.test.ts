import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  loadAdminToken,
  loadClusterKey,
  loadSecret,
} from '../../../src/cluster/data/lease-secret.js';
import { placeSharedSecrets } from '../../../src/cluster/data/shared-secrets.js';
import { temporaryFolder } from '../support.js';

const TEXT = 'a text that was drawn at random, and is long enough';

async function secretsAt(text: string) {
  const folder = temporaryFolder();
  writeFileSync(`${folder}/text`, text);
  await loadSecret(folder); // of a time before
  await placeSharedSecrets(folder, `${folder}/text`);
  const key = await loadClusterKey(folder);
  expect(statSync(`${folder}/secret`).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${folder}/secret`, 'utf8')).not.toContain(text);
  return [await loadSecret(folder), await loadAdminToken(folder), key.publicKey];
}

describe('The secrets of front ends on several machines', () => {
  test('follow from one text, and are three different ones', async () => {
    const secrets = await secretsAt(TEXT);
    expect(await secretsAt(`${TEXT}\n`)).toEqual(secrets);
    expect(new Set([...secrets, ...(await secretsAt(`${TEXT}!`))]).size).toBe(6);
  });

  test.each([
    ['short', /32 to 1024 characters/],
    ['x'.repeat(2000), /32 to 1024 characters/],
  ])('need a text that cannot be guessed', async (text, problem) => {
    await expect(secretsAt(text)).rejects.toThrow(problem);
  });

  test('need a file that can be read', async () => {
    const folder = temporaryFolder();
    await expect(placeSharedSecrets(folder, `${folder}/none`)).rejects.toThrow(/ENOENT/);
  });
});
