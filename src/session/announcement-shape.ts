/**
 * Figure 2 as a table: which attributes and elements each element contains, and how often. One walk
 * over the document compares it with the table. The code that reads the values afterwards then
 * finds each of them where it belongs, or not at all.
 *
 * Elements of other namespaces are additions by others, and are skipped with all their content. So
 * are elements of our own namespace that are not in the table: an older cluster can read a newer
 * announcement.
 */
import { excerpt } from '../lib/excerpt.js';
import type { XmlElement } from '../lib/xml/xml-tree.js';
import { RADIO_NAMESPACE } from './announcement.js';
import type { Findings } from './findings.js';

/** How often: at most once, exactly once, at least once, any number of times. */
type Occurrence = '?' | '1' | '+' | '*';

interface Shape {
  readonly attributes: Readonly<Record<string, '?' | '1'>>;
  readonly children: Readonly<Record<string, Occurrence>>;
  readonly text: boolean;
}

const TEXT: Shape = { attributes: {}, children: {}, text: true };

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  [
    'SCATTERCAST',
    {
      attributes: { name: '1' },
      children: {
        DESCRIPTION: '?',
        CHANNEL: '+',
        RENDEZVOUS: '1',
        'radio:TITLE': '?',
        'radio:GENRE': '?',
        'radio:LANGUAGE': '?',
        'radio:HOMEPAGE': '?',
        'radio:BITRATE': '?',
        'radio:IMAGE': '?',
        'radio:KEEP': '?',
        'radio:RENDITIONS': '?',
        'radio:LISTED': '?',
        'radio:KEY': '?',
        'radio:ISSUED': '?',
        'radio:ADMIN-KEY': '?',
        'radio:SOURCE': '*',
        'radio:PRIVATE': '?',
        'radio:SIGNATURE': '?',
      },
      text: false,
    },
  ],
  [
    'CHANNEL',
    {
      attributes: { id: '1' },
      children: { DESCRIPTION: '?', TRANSPORT: '1', 'radio:RATE': '?' },
      text: false,
    },
  ],
  ['TRANSPORT', { attributes: { unicast: '1', multicast: '?' }, children: {}, text: false }],
  [
    'radio:SOURCE',
    {
      attributes: { name: '1', key: '1', priority: '1', until: '?' },
      children: {},
      text: false,
    },
  ],
  [
    'radio:PRIVATE',
    { attributes: {}, children: { 'radio:CLUSTER': '+', 'radio:REVOKED': '*' }, text: false },
  ],
  ['radio:CLUSTER', { attributes: { key: '1' }, children: {}, text: false }],
  ['radio:REVOKED', { attributes: { ticket: '1' }, children: {}, text: false }],
]);

/** The name in the table, independent of the document's prefixes; undefined in other namespaces. */
function tableName(element: XmlElement): string | undefined {
  if (element.namespace === '') return element.local;
  return element.namespace === RADIO_NAMESPACE ? `radio:${element.local}` : undefined;
}

/** The children with this name of the table, in the order of the document. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => tableName(child) === name);
}

const positionOf = (element: XmlElement): string =>
  `<${excerpt(element.name).slice(1, -1)}> (line ${element.line})`;

function checkAttributes(element: XmlElement, shape: Shape, findings: Findings): void {
  for (const name of element.attributes.keys()) {
    if (Object.hasOwn(shape.attributes, name)) continue;
    findings.add(`${positionOf(element)} must not have an attribute ${excerpt(name)}`);
  }
  for (const [name, occurrence] of Object.entries(shape.attributes)) {
    if (occurrence === '?' || element.attributes.has(name)) continue;
    findings.add(`${positionOf(element)} must have an attribute "${name}"`);
  }
}

function checkOccurrences(element: XmlElement, shape: Shape, findings: Findings): void {
  for (const [name, occurrence] of Object.entries(shape.children)) {
    const count = childrenOf(element, name).length;
    if (count === 0 && (occurrence === '1' || occurrence === '+')) {
      findings.add(`${positionOf(element)} must contain a <${name}>`);
    }
    if (count > 1 && (occurrence === '1' || occurrence === '?')) {
      findings.add(`${positionOf(element)} must contain only one <${name}>`);
    }
  }
}

function checkChild(child: XmlElement, parent: XmlElement, shape: Shape, findings: Findings): void {
  const name = tableName(child);
  if (name === undefined) return;
  if (Object.hasOwn(shape.children, name)) {
    checkElement(child, SHAPES.get(name) ?? TEXT, findings);
  } else if (child.namespace === '') {
    findings.add(`${positionOf(child)} is not allowed in ${positionOf(parent)}`);
  }
}

function checkElement(element: XmlElement, shape: Shape, findings: Findings): void {
  checkAttributes(element, shape, findings);
  checkOccurrences(element, shape, findings);
  if (!shape.text && element.text.trim() !== '') {
    findings.add(
      `${positionOf(element)} must not contain text, got ${excerpt(element.text.trim())}`,
    );
  }
  for (const child of element.children) checkChild(child, element, shape, findings);
}

/** Compares a document with Figure 2 and adds the differences to the findings. */
export function checkShape(root: XmlElement, findings: Findings): void {
  const shape = SHAPES.get('SCATTERCAST');
  if (tableName(root) === 'SCATTERCAST' && shape !== undefined) {
    checkElement(root, shape, findings);
  } else {
    findings.add(
      `the root element must be <SCATTERCAST> without a namespace, got ${positionOf(root)}`,
    );
  }
}
