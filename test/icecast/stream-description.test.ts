import { describe, expect, test } from 'vitest';
import {
  completed,
  icyFields,
  NO_DESCRIPTION,
  parseDescription,
} from '../../src/icecast/stream-description.js';

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

  test('has texts of at most 256 characters', () => {
    const { title, genre } = parse('x'.repeat(1000), 'Jazz');
    expect([title, genre]).toEqual(['x'.repeat(256), 'Jazz']);
    expect(parse('')).toEqual(NO_DESCRIPTION);
  });

  test('is listed only where it is announced, whatever the encoder says', () => {
    expect(parseDescription(new Map([['ice-public', '1']])).isListed).toBeUndefined();
    const encoder = { ...NO_DESCRIPTION, text: 'All night', isListed: true };
    const announced = { ...NO_DESCRIPTION, title: 'Night' };
    expect(completed(announced, encoder)).toMatchObject({ title: 'Night', text: 'All night' });
    expect(completed(announced, encoder).isListed).toBeUndefined();
    expect(completed({ ...announced, isListed: true }, encoder).isListed).toBe(true);
  });

  test('tells players a home page only if it is a web address', () => {
    const told = (url: string) => icyFields({ ...NO_DESCRIPTION, url })['icy-url'];
    expect(told('https://radio.example/')).toBe('https://radio.example/');
    for (const url of ['javascript:alert(1)', 'radio.example', 'https://', '']) {
      expect(told(url)).toBeUndefined();
    }
  });

  test('is written to headers as UTF-8, each on one line', () => {
    expect(icyFields({ ...NO_DESCRIPTION, title: 'Café\r\nX: y', isListed: true })).toEqual({
      ...{ 'icy-name': 'Caf\xc3\xa9 X: y', 'icy-pub': 1 },
      ...{ 'icy-genre': undefined, 'icy-description': undefined, 'icy-url': undefined },
    });
  });
});
