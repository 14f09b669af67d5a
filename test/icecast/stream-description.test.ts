import { describe, expect, test } from 'vitest';
import { icyHeaderText, parseDescription } from '../../src/icecast/stream-description.js';

const parse = (name: string, genre?: string) =>
  parseDescription(
    new Map([['ice-name', name], ...(genre ? [['ice-genre', genre] as const] : [])]),
  );

describe('The description of a stream', () => {
  test.each([
    ['plain', 'Night', 'Night'],
    ['URL-encoded', 'Caf%C3%A9 Radio', 'Café Radio'],
    ['UTF-8', Buffer.from('Café').toString('latin1'), 'Café'],
    ['Latin-1', 'Caf\xe9', 'Café'],
    ['no valid URL encoding', '100 % Jazz', '100 % Jazz'],
    ['more than a line', 'A\x00B', 'A'],
  ])('is read from headers that are %s', (_what, header, title) => {
    expect(parse(header).title).toBe(title);
  });

  test('has title and genre, each of at most 256 characters', () => {
    expect(parse('x'.repeat(1000), 'Jazz')).toEqual({ title: 'x'.repeat(256), genre: 'Jazz' });
    expect(parse('')).toEqual({ title: undefined, genre: undefined });
  });

  test('is written to a header as UTF-8, on one line', () => {
    expect(icyHeaderText('Café\r\nX: y')).toBe('Caf\xc3\xa9 X: y');
  });
});
