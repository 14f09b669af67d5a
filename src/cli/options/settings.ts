/**
 * Merges the settings of a command. There are four layers, which are merged only here: defaults,
 * then the configuration file, then the environment, then flags; a later layer wins. The result is
 * checked as a whole, so the user sees all problems at once. Each problem names the layer of the
 * wrong value, because "must be a whole number" does not help a user who cannot find that number.
 */
import { z } from 'zod';
import { bad, good, type Result } from '../../lib/result.js';
import type { ConfigFile } from './config-file.js';
import { flagOf, type Option, type Settings, type Table, variableOf } from './option.js';

/** The layers above the defaults, unchecked. */
export interface Layers {
  /** By field. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigFile | undefined;
  /** What was found in the network for options that no layer gives. */
  readonly found?: Readonly<Record<string, unknown>>;
}

/** A value, and the layer that it came from. */
interface Given {
  readonly raw: unknown;
  /** The flag, variable or field of a file, as messages name it. */
  readonly where: string;
}

/** The settings of `command`, or every problem with them, one sentence each. */
export function resolveSettings<Options extends Table>(
  command: string,
  table: Options,
  layers: Layers,
): Result<Settings<Options>> {
  const entries = Object.entries(table);
  const given = new Map<string, Given>();
  for (const [field, option] of entries) {
    const found = find(command, field, option, layers);
    if (found !== undefined) given.set(field, found);
  }
  const problems = entries
    .filter(([field, { absence }]) => MUST_BE.has(absence) && !given.has(field))
    .map(([field, option]) => missing(field, option));
  const checked = check(table, given);
  if (checked.ok && problems.length === 0) return good(checked.value as Settings<Options>);
  return bad(...problems, ...(checked.ok ? [] : checked.problems));
}

const MUST_BE: ReadonlySet<unknown> = new Set(['required', 'found']);

/** The options that should be looked for in the network, as no layer gives them. */
export const fieldsToFind = (command: string, table: Table, layers: Layers): string[] =>
  Object.entries(table)
    .filter(([, { absence }]) => absence === 'found')
    .map(([field]) => field)
    .filter((field) => find(command, field, table[field] as Option<unknown>, layers) === undefined);

function find(
  command: string,
  field: string,
  option: Option<unknown>,
  { flags, environment, file, found }: Layers,
): Given | undefined {
  const variable = variableOf(field);
  const path = file?.path ?? '';
  const candidates: readonly Given[] = [
    { raw: flags[field], where: flagOf(field, option) },
    { raw: environment[variable] || undefined, where: `the variable ${variable}` },
    { raw: file?.sections.get(command)?.[field], where: `"${command}.${field}" in ${path}` },
    { raw: file?.fields[field], where: `"${field}" in ${path}` },
    { raw: found?.[field], where: 'what the network names' },
    { raw: defaultOf(option), where: `the default of ${flagOf(field, option)}` },
  ];
  return candidates.find(({ raw }) => raw !== undefined);
}

const defaultOf = ({ absence }: Option<unknown>): unknown =>
  typeof absence === 'object' ? absence.use : undefined;

const missing = (field: string, option: Option<unknown>): string =>
  `${flagOf(field, option)} ${option.placeholder ?? ''} is missing: give the flag, ` +
  `the variable ${variableOf(field)}, or "${field}" in the configuration file` +
  (option.absence === 'found' ? '; the domain of this machine names none' : '');

function check(table: Table, given: ReadonlyMap<string, Given>): Result<object> {
  const shape = Object.entries(table).flatMap(([field, { value }]) =>
    given.has(field) ? [[field, value] as const] : [],
  );
  const raws = [...given].map(([field, { raw }]) => [field, raw] as const);
  const parsed = z.object(Object.fromEntries(shape)).safeParse(Object.fromEntries(raws));
  if (parsed.success) return good(parsed.data);
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${given.get(`${String(path[0])}`)?.where} ${message}`,
  );
  return bad(...problems);
}
