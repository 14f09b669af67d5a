import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { staticPage } from '../../../src/cluster/session-pages/static-page.js';
import type { Announcement } from '../../../src/session/announcement.js';
import { parseSessionPath } from '../../../src/session/session-name.js';

const name = parseSessionPath('radio.example/night');
if (!name.ok) throw new Error('no name');

const announcement: Announcement = {
  name: name.value,
  channels: [],
  rendezvous: [],
  title: 'Night <script>alert(1)</script>',
  description: '"Quiet" pieces',
  homepage: 'https://radio.example/?a=1&b=2',
};
const STYLE = 'h1 { color: red; }';

describe('The page of a session as one file', () => {
  const page = staticPage(announcement, 'https://cluster.example/radio', STYLE);

  test('shows what is announced, as text', () => {
    expect(page).toContain('<h1 dir="auto">Night &lt;script&gt;alert(1)&lt;/script&gt;</h1>');
    expect(page).toContain('&quot;Quiet&quot; pieces');
    expect(page).toContain('href="https://radio.example/?a=1&amp;b=2"');
  });

  test('has the player of the cluster in a frame, and its addresses', () => {
    const cluster = 'https://cluster.example/radio';
    expect(page).toContain(`<iframe class="player" src="${cluster}/embed/radio.example/night"`);
    expect(page).toContain(`href="${cluster}/listen/radio.example/night.mp3"`);
    expect(page).toContain(`<meta property="og:url" content="${cluster}/radio.example/night" />`);
  });

  test('needs no other file, and allows nothing but its style and the player', () => {
    expect(page).not.toMatch(/<script|<link rel="stylesheet"|<img| on[a-z]+="|style="/);
    const hash = createHash('sha256').update(STYLE).digest('base64');
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; frame-src https://cluster.example`,
    );
    expect(/<style>(.*)<\/style>/s.exec(page)?.[1]).toBe(STYLE);
  });

  test('shows the picture of the session, which comes from the cluster', () => {
    const image = 'x'.repeat(43);
    const pictured = staticPage({ ...announcement, image }, 'https://cluster.example/radio', STYLE);
    expect(pictured).toContain(`src="https://cluster.example/radio/images/${image}"`);
    expect(pictured).toContain('img-src https://cluster.example; frame-src');
    expect(pictured).toContain('<meta property="og:image" content="https://cluster.example/radio/');
  });
});
