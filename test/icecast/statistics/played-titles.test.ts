import { describe, expect, test } from 'vitest';
import {
  parsePlaylistLine,
  playedJson,
  playedPage,
  playedXml,
  printPlaylistLine,
} from '../../../src/icecast/statistics/played-titles.js';

const at = Date.UTC(2026, 10, 30, 1, 2, 3);
const titles = [{ title: `A & <b> "c"`, at }];

describe('The titles that were played', () => {
  test("are told in SHOUTcast's forms, every text escaped", () => {
    expect(playedJson(titles)).toEqual([{ playedat: at / 1000, title: `A & <b> "c"` }]);
    expect(playedXml(titles)).toContain(
      `<SONGHISTORY><SONG><PLAYEDAT>${at / 1000}</PLAYEDAT>` +
        '<TITLE>A &amp; &lt;b&gt; &quot;c&quot;</TITLE></SONG></SONGHISTORY>',
    );
    expect(playedPage(titles)).toContain(
      '<tr><td>01:02:03</td><td>A &amp; &lt;b&gt; &quot;c&quot;</td></tr>',
    );
  });
});

describe('A line of the log of titles', () => {
  test('is that of Icecast, and is read again', () => {
    const line = { title: 'A | B', at, mount: '/radio.example/night', listeners: 12 };
    const text = printPlaylistLine(line, '30/Nov/2026:01:02:03 +0000');
    expect(text).toBe('30/Nov/2026:01:02:03 +0000|/radio.example/night|12|A | B');
    expect(parsePlaylistLine(text)).toEqual(line);
  });

  test('stays one line, whatever the title is', () => {
    const line = { title: 'A\nB\u2028C\x1b', at, mount: '/m', listeners: 0 };
    expect(printPlaylistLine(line, 'x')).toBe('x|/m|0|A B C ');
  });

  test.each([
    ...['', 'x', '30/Nov/2026:01:02:03 +0000|/m|1|', '30/Nov/2026:01:02:03 +0000|/m|x|A'],
    ...['30/Xyz/2026:01:02:03 +0000|/m|1|A', '99/Nov/2026:99:02:03 +0000|/m|1|A'],
  ])('is not %j', (text) => {
    expect(parsePlaylistLine(text)).toBeUndefined();
  });
});
