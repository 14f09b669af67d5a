import { expect, test } from 'vitest';
import { inheritedSocket } from '../../../src/cli/shell/inherited-socket.js';

test.each([
  [{ LISTEN_PID: '42', LISTEN_FDS: '1' }, 3],
  [{ LISTEN_PID: '42', LISTEN_FDS: '2' }, 3],
  [{ LISTEN_PID: '42', LISTEN_FDS: '0' }, undefined],
  [{ LISTEN_PID: '42', LISTEN_FDS: 'x' }, undefined],
  [{ LISTEN_PID: '42' }, undefined],
  [{ LISTEN_PID: '41', LISTEN_FDS: '1' }, undefined],
  [{}, undefined],
])('A socket in the environment %j is descriptor %s of process 42', (env, fd) => {
  expect(inheritedSocket(env, 42)).toBe(fd);
});
