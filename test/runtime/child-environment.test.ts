import { afterEach, expect, test, vi } from 'vitest';
import { childEnvironment } from '../../src/runtime/child-environment.js';

afterEach(() => vi.unstubAllEnvs());

test('A child inherits our environment without our settings and secrets', () => {
  vi.stubEnv('SCATTERCAST_PASSWORD', 'secret');
  vi.stubEnv('OTHER', 'kept');
  const environment = childEnvironment({ SCATTERCAST_SCX: '{}' });
  expect(environment).toMatchObject({ OTHER: 'kept', SCATTERCAST_SCX: '{}' });
  expect(environment).not.toHaveProperty('SCATTERCAST_PASSWORD');
});
