/**
 * A strict reader of small XML documents from strangers. The parser (saxes) never expands an entity
 * and stops at the first part that is not well-formed. In addition this file bounds size, depth,
 * elements and attributes, and refuses what an announcement never needs: document types, and with
 * them the definition of entities, and processing instructions.
 *
 * The result is a tree. All limits hold while it grows.
 */
import { SaxesParser, type SaxesStartTagNS, type SaxesTagNS } from 'saxes';
import { excerpt } from '../excerpt.js';
import { bad, good, type Result } from '../result.js';

/** One element. Names without a namespace have the namespace ''. */
export interface XmlElement {
  readonly namespace: string;
  readonly local: string;
  /** As written, with its prefix. */
  readonly name: string;
  /** Where it starts, counted from 1. */
  readonly line: number;
  /** Attributes without a namespace; all others have no meaning here and are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly inside, joined. */
  readonly text: string;
}

/** The root has depth 1. */
interface XmlLimits {
  readonly documentBytesMax: number;
  readonly depthMax: number;
  readonly elementsMax: number;
  /** Of one element, including declarations of namespaces. */
  readonly attributesMax: number;
}

type Growing = {
  -readonly [Key in keyof XmlElement]: XmlElement[Key];
} & { attributes: Map<string, string>; children: Growing[] };

type Parser = SaxesParser<{ xmlns: true }>;

/** Thrown to stop the parser: saxes has no other way. */
interface Refusal {
  readonly refusal: string;
}

const LONE_SURROGATE = /\p{Cs}/u;

/** Whether a text has more bytes in UTF-8 than allowed; encodes only texts that may fit. */
function exceeds(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || new TextEncoder().encode(text).length > bytesMax;
}

const refuse = (parser: Parser, why: string): never => {
  const refusal: Refusal = { refusal: `line ${parser.line}, column ${parser.column}: ${why}` };
  throw refusal;
};

function refuseExtras(parser: Parser): void {
  parser.on('doctype', () => refuse(parser, 'a DOCTYPE is not allowed; remove it'));
  parser.on('processinginstruction', () =>
    refuse(parser, 'processing instructions are not allowed; remove <?...?>'),
  );
  parser.on('xmldecl', ({ version, encoding = 'utf-8' }) => {
    if (version !== '1.0')
      refuse(parser, 'the XML version must be 1.0: write <?xml version="1.0"?>');
    if (encoding.toLowerCase() !== 'utf-8') refuse(parser, 'the encoding must be UTF-8');
  });
  parser.on('error', (error) => {
    const reason = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
    refuse(parser, `this is not well-formed XML: ${excerpt(reason)}`);
  });
}

const startElement = (tag: SaxesStartTagNS, line: number): Growing => ({
  namespace: '',
  local: '',
  name: tag.name,
  line,
  attributes: new Map(),
  children: [],
  text: '',
});

function completeElement(element: Growing, tag: SaxesTagNS): void {
  element.namespace = tag.uri;
  element.local = tag.local;
  for (const { uri, local, value } of Object.values(tag.attributes)) {
    if (uri === '') element.attributes.set(local, value);
  }
}

function growTree(parser: Parser, limits: XmlLimits): () => XmlElement | undefined {
  const open: Growing[] = [];
  let root: Growing | undefined;
  let elements = 0;
  let attributes = 0;
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('opentagstart', (tag) => {
    if (open.length >= limits.depthMax) {
      refuse(parser, `elements may be nested at most ${limits.depthMax} deep`);
    }
    if (++elements > limits.elementsMax) {
      refuse(parser, `at most ${limits.elementsMax} elements are allowed`);
    }
    attributes = 0;
    const element = startElement(tag, parser.line);
    open.at(-1)?.children.push(element);
    open.push(element);
    root ??= element;
  });
  parser.on('attribute', () => {
    if (++attributes <= limits.attributesMax) return;
    refuse(parser, `an element may have at most ${limits.attributesMax} attributes`);
  });
  parser.on('opentag', (tag) => completeElement(open.at(-1) as Growing, tag));
  parser.on('closetag', () => void open.pop());
  parser.on('text', addText);
  parser.on('cdata', addText);
  return () => root;
}

/**
 * The reason of a refusal. Anything else is a bug of the parser: the document is refused as well.
 */
function whyRefused(thrown: unknown): string {
  const refusal = (thrown as Partial<Refusal> | undefined)?.refusal;
  return refusal ?? 'this cannot be read as XML';
}

/** The root element of a document, or the first reason why it is refused. Never throws. */
export function readXml(text: string, limits: XmlLimits): Result<XmlElement> {
  if (exceeds(text, limits.documentBytesMax)) {
    return bad(`the document is larger than ${limits.documentBytesMax} bytes`);
  }
  if (LONE_SURROGATE.test(text)) return bad('the document contains half a surrogate pair');
  const parser: Parser = new SaxesParser({ xmlns: true });
  refuseExtras(parser);
  const finish = growTree(parser, limits);
  try {
    parser.write(text).close();
  } catch (thrown) {
    return bad(whyRefused(thrown));
  }
  const root = finish();
  return root === undefined ? bad('the document is empty') : good(root);
}
