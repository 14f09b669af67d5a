import { describe, expect, test } from 'vitest';
import {
  createNowPlaying,
  NOTICE_BYTES_MAX,
  parseNotice,
  printNotice,
} from '../../src/icecast/now-playing.js';

const MARK = '0123456789abcdef';
const about = { title: 'Night', genre: 'Jazz', text: 'Night and day', url: 'http://x.example/' };
const encoder = { mark: MARK, description: about };
const parse = (value: unknown) => parseNotice(Buffer.from(JSON.stringify(value)));

describe('A notice', () => {
  test('says what it said when it was printed', () => {
    const notice = { title: 'Moonlight', from: 7, encoder };
    expect(parseNotice(printNotice(notice))).toEqual(notice);
    expect(parseNotice(printNotice({ title: null, from: 0 }))).toMatchObject({ title: null });
  });

  test('leaves out a description for which it has no room, and never the title', () => {
    const long = '日'.repeat(256);
    const description = { title: long, genre: long, text: long, url: long };
    const payload = printNotice({
      title: long.repeat(2),
      from: 7,
      encoder: { mark: MARK, description },
    });
    expect(payload.length).toBeLessThanOrEqual(NOTICE_BYTES_MAX);
    const none = { title: undefined, genre: undefined };
    expect(parseNotice(payload)).toEqual({
      ...{ title: long.repeat(2), from: 7 },
      encoder: { mark: MARK, description: none },
    });
  });

  test.each([
    ['a malformed mark', { mark: 'x' }],
    ['no mark', { title: 'x' }],
    ['texts that are none', { mark: MARK, title: 7 }],
    ['nothing but a word', 'x'],
  ])('from a stranger has a title in spite of an encoder with %s', (_what, stranger) => {
    const notice = parse({ title: 'Moonlight', from: 7, encoder: stranger });
    expect(notice).toEqual({ title: 'Moonlight', from: 7, encoder: undefined });
  });

  test('has texts that are one line and bounded, whoever wrote them', () => {
    const wild = { mark: MARK, title: `a\r\nX: ${'x'.repeat(400)}`, url: '\u0000' };
    const found = parse({ title: 't', from: 0, encoder: wild })?.encoder?.description;
    expect(found?.title).toBe(`a X: ${'x'.repeat(251)}`);
    expect(found?.url).toBeUndefined();
  });

  test('of another client ends the description of the encoder before it', () => {
    const playing = createNowPlaying();
    playing.onNotice({ title: 'A', from: 0, encoder });
    expect(playing.encoder).toEqual(encoder);
    playing.onNotice({ title: 'B', from: 1 });
    expect(playing.encoder).toBeUndefined();
  });
});
