/**
 * The answers of the administration for people and for scripts that read pages: `/admin/stats.xsl` and
 * the like. Icecast makes them of its XML documents with stylesheets; so are these, of ours: a table of
 * names and values for the server, one for each source, and one of its listeners.
 */
import { readXml, type XmlElement } from '../../lib/xml/xml-tree.js';
import type { AdminAnswer } from './admin-xml.js';
import { escapeMarkup } from './shoutcast-status.js';

/** Our own documents: those with the most listeners have 10,000 of five elements each. */
const LIMITS = {
  ...{ documentBytesMax: 32 * 1024 * 1024, depthMax: 8 },
  ...{ elementsMax: 200_000, attributesMax: 8 },
};

const TITLES: Readonly<Record<string, string>> = {
  icestats: 'Statistics',
  iceresponse: 'Response',
};

const table = (rows: readonly (readonly string[])[], head: readonly string[] = []): string => {
  if (rows.length === 0) return '';
  const draw = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join('')}</tr>`;
  const lines = rows.map((row) => draw(row, 'td'));
  return `<table>\n${[...(head.length > 0 ? [draw(head, 'th')] : []), ...lines].join('\n')}\n</table>`;
};

const named = ({ children }: XmlElement, name: string): readonly XmlElement[] =>
  children.filter((child) => child.name === name);

/** The elements that are a name and a value. */
const facts = ({ children }: XmlElement): string[][] =>
  children
    .filter((child) => child.children.length === 0 && child.name !== 'listener')
    .filter((child) => child.name !== 'source')
    .map(({ name, text }) => [name, text]);

/** A listener, as a row in the order of Icecast's columns. */
const listenerRow = (listener: XmlElement): string[] =>
  ['IP', 'Connected', 'UserAgent', 'ID'].map((name) => named(listener, name)[0]?.text ?? '');

function drawSource(source: XmlElement): string {
  const listeners = named(source, 'listener').map(listenerRow);
  return [
    `<h3>Mountpoint ${escapeMarkup(source.attributes.get('mount') ?? '')}</h3>`,
    table(facts(source)),
    table(listeners, ['IP', 'Sec. connected', 'User Agent', 'ID']),
  ].join('\n');
}

/** The same answer as a page; one that is no XML document stays as it is. */
export function adminPage(answer: AdminAnswer): AdminAnswer {
  const root = readXml(answer.body, LIMITS);
  if (!root.ok) return answer;
  const title = TITLES[root.value.name] ?? root.value.name;
  const lines = [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>`,
    `<h1>${title}</h1>`,
    table(facts(root.value)),
    ...named(root.value, 'source').map(drawSource),
    '</body></html>',
    '',
  ];
  return { ...answer, type: 'text/html; charset=utf-8', body: lines.join('\n') };
}
