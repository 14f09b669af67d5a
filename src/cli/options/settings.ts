/**
 * Where a command's settings come from. Once, here, four layers become one: defaults, then the
 * configuration file, then the environment, then flags. What wins is checked as a whole, and
 * every problem says which layer it came from: who is told "must be a whole number" wants to know
 * where to look.
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
}

/** A value that was found, and where. */
interface Given {
  readonly raw: unknown;
  /** As the user would look for it. */
  readonly where: string;
}

/** The settings of one command, or all problems with them. */
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
    .filter(([field, option]) => option.absence === 'required' && !given.has(field))
    .map(([field, option]) => missing(field, option));
  const checked = check(table, given);
  if (checked.ok && problems.length === 0) return good(checked.value as Settings<Options>);
  return bad(...problems, ...(checked.ok ? [] : checked.problems));
}

function find(
  command: string,
  field: string,
  option: Option<unknown>,
  { flags, environment, file }: Layers,
): Given | undefined {
  const variable = variableOf(field);
  const path = file?.path ?? '';
  const candidates: readonly Given[] = [
    { raw: flags[field], where: flagOf(field, option) },
    { raw: environment[variable] || undefined, where: `the variable ${variable}` },
    { raw: file?.sections.get(command)?.[field], where: `"${command}.${field}" in ${path}` },
    { raw: file?.fields[field], where: `"${field}" in ${path}` },
    { raw: defaultOf(option), where: `the default of ${flagOf(field, option)}` },
  ];
  return candidates.find(({ raw }) => raw !== undefined);
}

const defaultOf = ({ absence }: Option<unknown>): unknown =>
  typeof absence === 'object' ? absence.use : undefined;

const missing = (field: string, option: Option<unknown>): string =>
  `${flagOf(field, option)} ${option.placeholder ?? ''} is missing; ` +
  `the variable ${variableOf(field)} or "${field}" in the configuration file will do, too`;

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
