import { expect, test } from 'vitest';
import { encoderMark } from '../../../src/scx/ingest/encoder-mark.js';

test('An encoder has the same mark everywhere, and each part of it counts', () => {
  const client = { address: '198.51.100.7', agent: 'butt' };
  const mark = encoderMark('right', client);
  expect(mark).toMatch(/^[0-9a-f]{16}$/);
  expect(encoderMark('right', { ...client })).toBe(mark);
  const others = [
    encoderMark('wrong', client),
    encoderMark(undefined, client),
    encoderMark('right', { ...client, agent: 'mixxx' }),
    encoderMark('right', { ...client, address: '198.51.100.8' }),
    encoderMark('right', { address: '198.51.100.', agent: '7butt' }),
  ];
  expect(new Set([mark, ...others]).size).toBe(6);
});
