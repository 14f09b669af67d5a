/** What the doctor says about versions of Node. */
import { describe, expect, test } from 'vitest';
import { checkNode, wantedNode } from '../../../src/cli/doctor/node-check.js';

describe('Doctor on Node', () => {
  test.each([
    ['20.19.0', 'good'],
    ['20.20.2', 'good'],
    ['22.1.0', 'good'],
    ['20.18.9', 'problem'],
    ['18.20.4', 'problem'],
    ['9.99.99', 'problem'],
  ])('says of version %s that it is a %s', (version, state) => {
    expect(checkNode(version, '>=20.19').state).toBe(state);
  });

  test('reads what the package needs', () => {
    expect(wantedNode()).toMatch(/^>=\d+\.\d+$/);
    expect(checkNode(process.versions.node, wantedNode()).state).toBe('good');
  });

  test('names the version that is needed', () => {
    expect(checkNode('18.20.4', '>=20.19').says).toMatch(/18\.20\.4.*install 20\.19 or newer/);
  });
});
