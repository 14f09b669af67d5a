/**
 * What is on at this cluster, as feeds for readers and programs: Atom (RFC 4287) and JSON Feed 1.1. Each
 * session that is on the air is one entry, which is updated when its title changes.
 *
 * Titles come from strangers: they are escaped, and characters that no XML may have are left out.
 */
import { printable } from '../../lib/plain-text.js';
import { type Html, html } from './html.js';

/** A session that is on the air. */
export interface FeedEntry {
  /** `scattercast://creator/session#KEY`: never that of another session. */
  readonly id: string;
  readonly title: string;
  /** What plays; undefined: nothing is known. */
  readonly playing: string | undefined;
  readonly description: string | undefined;
  /** Since when that plays, ISO 8601. */
  readonly updated: string;
  /** Absolute addresses. */
  readonly page: string;
  readonly stream: string;
  /** Of its picture. */
  readonly image: string | undefined;
}

/** A feed. */
export interface Feed {
  /** Of the cluster, without a slash at its end. */
  readonly cluster: string;
  /** Of the newest entry or, without one, since when there have been none, ISO 8601. */
  readonly updated: string;
  readonly entries: readonly FeedEntry[];
}

const TITLE = 'On the air';

/** What plays, and what the session is. */
const summaryOf = ({ playing, description }: FeedEntry): string =>
  [playing, description].filter(Boolean).join(' \u00b7 ');

const clean = (text: string): string => printable(text, ' ');

function atomEntry(entry: FeedEntry): Html {
  const { id, title, updated, page, stream, image } = entry;
  return html`
  <entry>
    <id>${id}</id>
    <title>${clean(title)}</title>
    <updated>${updated}</updated>
    <link rel="alternate" type="text/html" href="${page}"/>
    <link rel="enclosure" type="audio/mpeg" href="${stream}"/>
    <summary>${clean(summaryOf(entry))}</summary>${
      image &&
      html`
    <media:thumbnail url="${image}"/>`
    }
  </entry>`;
}

/** The feed as Atom. */
export function atomFeed({ cluster, updated, entries }: Feed): string {
  const feed = html`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
  <id>${cluster}/feed.atom</id>
  <title>${TITLE}</title>
  <updated>${updated}</updated>
  <author><name>Scattercast</name></author>
  <link rel="self" type="application/atom+xml" href="${cluster}/feed.atom"/>
  <link rel="alternate" type="text/html" href="${cluster}/"/>${entries.map(atomEntry)}
</feed>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${feed.html}`;
}

/** The feed as JSON Feed. */
export const jsonFeed = ({ cluster, entries }: Feed) => ({
  version: 'https://jsonfeed.org/version/1.1',
  title: TITLE,
  home_page_url: `${cluster}/`,
  feed_url: `${cluster}/feed.json`,
  items: entries.map((entry) => ({
    id: entry.id,
    url: entry.page,
    title: entry.title,
    content_text: summaryOf(entry),
    ...(entry.image === undefined ? {} : { image: entry.image }),
    date_modified: entry.updated,
    attachments: [{ url: entry.stream, mime_type: 'audio/mpeg' }],
  })),
});
