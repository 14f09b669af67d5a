/**
 * The configuration file: one JSON object in `/etc/scattercast.json`, or in the file that --config
 * names. A field applies to every command that has such an option; an object under a command's name
 * applies to that command only:
 *
 *   {"cluster": "http://radio.example:8000", "broadcast": {"loop": true}}
 *
 * The field `cluster` is the address of the cluster that clients on this machine use (the static
 * configuration of §5.5), so the `cluster` command has no object of its own: its options stand at
 * the top. An unknown field is an error, and the message suggests the nearest known name.
 */
import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../../lib/user-error.js';
import { nearest } from './nearest.js';
import type { Table } from './option.js';
import { TABLES } from './option-tables.js';

export const CONFIG_FILE = '/etc/scattercast.json';

const BYTES_MAX = 1_000_000;

type Fields = Readonly<Record<string, unknown>>;

/** A configuration file. The names of its fields have been checked, their values have not. */
export interface ConfigFile {
  readonly path: string;
  readonly fields: Fields;
  readonly sections: ReadonlyMap<string, Fields>;
}

const SECTIONS: ReadonlyMap<string, Table> = new Map(
  Object.entries(TABLES).filter(([name]) => name !== 'cluster'),
);
const FIELDS = [...new Set(Object.values(TABLES).flatMap((table) => Object.keys(table)))];

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the file `named`, or the default file if it exists. Throws a UserError when `named` cannot
 * be read, and for every problem in the file.
 */
export function loadConfigFile(named: string | undefined): ConfigFile | undefined {
  const path = named ?? CONFIG_FILE;
  const json = read(path, named !== undefined);
  if (json === undefined) return undefined;
  const { file, problems } = parseConfigFile(path, json);
  if (problems.length > 0) throw new UserError(EXIT.usage, problems.join('\n'));
  return file;
}

function read(path: string, mustExist: boolean): string | undefined {
  try {
    const json = readFileSync(path, 'utf8');
    if (json.length <= BYTES_MAX) return json;
    throw new UserError(EXIT.usage, `${path} is too large for a configuration file`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new UserError(EXIT.file, `cannot read the configuration file ${path}: ${why}`);
  }
}

/** The fields of a file, and every problem with its form and its field names. */
export function parseConfigFile(
  path: string,
  json: string,
): { readonly file: ConfigFile; readonly problems: readonly string[] } {
  const sections = new Map<string, Fields>();
  const fields: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of entriesOf(path, json, problems)) {
    const table = SECTIONS.get(name);
    if (name === 'cluster' && isObject(value)) {
      problems.push(
        `"cluster" in ${path} must be an address; put the options of the command at the top level`,
      );
    } else if (table === undefined) {
      problems.push(...unknownField(path, name, [...FIELDS, ...SECTIONS.keys()]));
      fields[name] = value;
    } else if (isObject(value)) {
      const known = Object.keys(table);
      problems.push(...Object.keys(value).flatMap((key) => unknownField(path, key, known, name)));
      sections.set(name, value);
    } else {
      problems.push(`"${name}" in ${path} must be an object with the options of that command`);
    }
  }
  return { file: { path, fields, sections }, problems };
}

function entriesOf(path: string, json: string, problems: string[]): [string, unknown][] {
  try {
    const document: unknown = JSON.parse(json);
    if (isObject(document)) return Object.entries(document);
    problems.push(`${path} must contain one JSON object, like {"cluster": "http://HOST:8000"}`);
  } catch (error) {
    problems.push(`${path} is not valid JSON: ${(error as Error).message}`);
  }
  return [];
}

function unknownField(
  path: string,
  name: string,
  known: readonly string[],
  section?: string,
): string[] {
  if (known.includes(name)) return [];
  const where = section === undefined ? path : `"${section}" of ${path}`;
  return [`unknown field "${name}" in ${where}: did you mean "${nearest(name, known)}"?`];
}
