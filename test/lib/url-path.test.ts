import { expect, test } from 'vitest';
import { urlOf } from '../../src/lib/url-path.js';

/** A host that is a name if its bytes are taken for UTF-8, and none as the text that it is. */
const LATIN_1 = 'http://\xe0\xa8\x8f/';
/** So often that the engine compiles the function. */
const TIMES = 20_000;

test('A text that is no URL is none, however often others were read before', () => {
  expect(urlOf('http://[')).toBeUndefined();
  expect(urlOf('http://radio.example/a')?.pathname).toBe('/a');
  expect(urlOf('/b', 'http://radio.example/a')?.href).toBe('http://radio.example/b');
  for (let time = 0; time < TIMES; time++) expect(urlOf(LATIN_1)).toBeUndefined();
});
