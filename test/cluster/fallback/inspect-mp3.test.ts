import { beforeAll, expect, test } from 'vitest';
import { createInspection } from '../../../src/cluster/fallback/inspect-mp3.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { PADDING_CASES } from '../../mp3/padding-cases.js';

let tone: readonly Uint8Array[] = [];
beforeAll(async () => {
  tone = await makeToneFrames();
});

test.each(PADDING_CASES)('An uploaded file with %s between its frames is MP3', (_, make) => {
  const inspection = createInspection();
  expect(inspection.take(make(tone))).toBeUndefined();
  expect(inspection.end()).toBeUndefined();
});
