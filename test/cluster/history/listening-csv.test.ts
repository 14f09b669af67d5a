/** Listening as CSV, which licensors and their spreadsheets read. */
import { describe, expect, test } from 'vitest';
import { CSV_HEADER, csvLine, csvText } from '../../../src/cluster/history/listening-csv.js';

describe('Listening as CSV', () => {
  test('has the documented columns, in hours', () => {
    const line = csvLine({
      ...{ session: 'a.example/one', from: 1_700_006_400, to: 1_700_092_800 },
      ...{ measuredMs: 7_200_000, listeningMs: 36_000_000, peak: 9, starts: 12 },
    });
    expect(CSV_HEADER + line).toBe(
      'session,from,to,listener_hours,peak_listeners,average_listeners,starts,measured_hours\r\n' +
        'a.example/one,2023-11-15T00:00:00Z,2023-11-16T00:00:00Z,10.0000,9,5.00,12,2.0000\r\n',
    );
  });

  test.each([
    ['=1+1', `"'=1+1"`],
    ['+49', `"'+49"`],
    ['-2+3', `"'-2+3"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    [' =1', `"' =1"`],
    ['\r\n=1', `"'\r\n=1"`],
    ['a,b', '"a,b"'],
    ['say "a"', '"say ""a"""'],
    [`=cmd|' /C calc'!A0`, `"'=cmd|' /C calc'!A0"`],
    ['radio.example/night', 'radio.example/night'],
  ])('writes %j as one field that is no formula', (text, field) => {
    expect(csvText(text)).toBe(field);
  });
});
