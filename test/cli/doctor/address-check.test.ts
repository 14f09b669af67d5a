/** What the doctor says about the address that others are given. */
import { describe, expect, test } from 'vitest';
import { checkAddress } from '../../../src/cli/doctor/address-check.js';

describe('Doctor on the address', () => {
  const facts = { host: '8.8.8.8', isChosen: true, addresses: ['8.8.8.8'], own: ['8.8.8.8'] };

  test('is content with a public address of this machine, also behind a name', () => {
    expect(checkAddress(facts).state).toBe('good');
    expect(checkAddress({ ...facts, host: 'radio.example' }).says).toContain(
      'radio.example (8.8.8.8)',
    );
  });

  test('says that a name does not resolve', () => {
    const found = checkAddress({ ...facts, host: 'nowhere.example', addresses: [] });
    expect(found).toMatchObject({ state: 'problem' });
    expect(found.says).toContain('nowhere.example does not resolve');
  });

  test.each([
    ['127.0.0.1', 'from itself only'],
    ['::1', 'from itself only'],
    ['10.0.0.7', 'inside a network'],
    ['fd00::7', 'inside a network'],
    ['8.8.4.4', 'no address of this machine'],
  ])('warns of %s: %s', (host, why) => {
    const found = checkAddress({ ...facts, host, addresses: [host] });
    expect(found).toMatchObject({ state: 'warning' });
    expect(found.says).toContain(why);
  });

  test('tells only who has not chosen an address to choose one', () => {
    const inside = { host: '10.0.0.7', addresses: ['10.0.0.7'], own: ['10.0.0.7'] };
    expect(checkAddress({ ...inside, isChosen: false }).says).toContain('give --host');
    expect(checkAddress({ ...inside, isChosen: true }).says).not.toContain('give --host');
  });
});
