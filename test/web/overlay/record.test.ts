/** Lines as the page reads them: the same as the programs read, and nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRecordLine, recordHeader } from '../../../src/api/overlay-map/overlay-record.js';
import { readLine } from '../../../web/overlay/record.js';
import { goneLine, scxLine } from './lines.js';

const GOOD = [
  recordHeader('scattercast://radio.example/night', 5),
  scxLine('1', 1, { neighbours: '23', parent: 'f' }),
  { ...scxLine('2'), sketch: null, place: null },
  goneLine('1', 3),
];

test('The page and the programs read the same lines', () => {
  for (const line of GOOD) {
    const text = JSON.stringify(line);
    expect(readLine(text)).toEqual(line);
    expect(parseRecordLine(text)).toEqual(line);
  }
});

test.each([
  ...['', 'x', 'null', '[]', '{}', '{"kind":"scx","at":1}', '{"kind":"gone","at":1,"id":"x"}'],
  JSON.stringify({ ...scxLine('1'), at: null }),
  JSON.stringify({ ...scxLine('1'), id: `${scxLine('1').id}0` }),
  JSON.stringify({ ...scxLine('1'), sketch: { ...scxLine('1').sketch, neighbours: [null] } }),
  JSON.stringify({ ...scxLine('1'), sketch: { ...scxLine('1').sketch, sources: 'many' } }),
  JSON.stringify({ ...scxLine('1'), place: { x: 'left', y: 0, height: 0 } }),
  JSON.stringify({ ...scxLine('1'), more: 'x'.repeat(20_000) }),
])('Neither reads %.60s', (text) => {
  expect(readLine(text)).toBeUndefined();
  expect(parseRecordLine(text)).toBeUndefined();
});

test('Whatever the page reads has what the page uses', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const line = readLine(text);
      if (line !== undefined) expect(line.at).toEqual(expect.any(Number));
    }),
  );
});
