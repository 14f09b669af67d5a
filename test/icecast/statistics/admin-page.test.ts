import { describe, expect, test } from 'vitest';
import { adminPage } from '../../../src/icecast/statistics/admin-page.js';
import { listenersAnswer, outcomeAnswer } from '../../../src/icecast/statistics/admin-xml.js';

const listener = { id: 7, address: '192.0.2.1', agent: '<b>"x"&', connectedS: 3 };

describe('An answer of the administration, as a page,', () => {
  test('has the same facts, escaped', () => {
    const page = adminPage(listenersAnswer('/a&b', 1, [listener]));
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(page.body).toContain('<h3>Mountpoint /a&amp;b</h3>');
    expect(page.body).toContain('<tr><td>Listeners</td><td>1</td></tr>');
    expect(page.body).toContain(
      '<tr><td>192.0.2.1</td><td>3</td><td>&lt;b&gt;&quot;x&quot;&amp;</td><td>7</td></tr>',
    );
  });

  test('keeps its status', () => {
    const page = adminPage(outcomeAnswer('Not so', false, 400));
    expect(page.status).toBe(400);
    expect(page.body).toContain('<tr><td>message</td><td>Not so</td></tr>');
  });

  test('holds as many listeners as are ever listed', () => {
    const many = Array.from({ length: 10_000 }, (_, id) => ({
      ...{ id, address: '2001:db8:1234:5678:1234:5678:1234:5678', connectedS: 99_999_999 },
      agent: '"'.repeat(256),
    }));
    const { body } = adminPage(listenersAnswer('/night.mp3', 10_000, many));
    expect(body.match(/<tr><td>2001/g)).toHaveLength(10_000);
  });

  test('is left alone if it is no document', () => {
    const answer = { status: 401, type: 'text/plain', body: 'You need to authenticate\n' };
    expect(adminPage(answer)).toBe(answer);
  });
});
