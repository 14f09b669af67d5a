/**
 * An option of a command is described once. Its flag, its environment variable, its field in the
 * configuration file, its line in the help and the check of its value all follow from that
 * description, so they cannot disagree.
 */
import type { Value } from './values.js';

/**
 * What happens when no layer gives the option a value. One that is to be found is looked for in the
 * network, and is required if nothing is there.
 */
type Absence = 'required' | 'found' | 'optional' | { readonly use: unknown };

/** One option. Its key in the table is its field in the configuration file. */
export interface Option<Read> {
  /** Without dashes; default: the key in kebab-case. */
  readonly flag?: string;
  /** The name of the value in the help, like `PORT`; an option without one is a switch. */
  readonly placeholder?: string;
  /** The flag may be given several times. */
  readonly repeatable?: boolean;
  readonly help: string;
  readonly absence: Absence;
  readonly value: Value<Exclude<Read, undefined>>;
}

/** The options of one command. */
export type Table = Readonly<Record<string, Option<unknown>>>;

/** The values of a table's options. */
export type Settings<Options extends Table> = {
  readonly [Field in keyof Options]: Options[Field] extends Option<infer Read> ? Read : never;
};

type About = Pick<Option<unknown>, 'flag' | 'placeholder' | 'repeatable' | 'help'>;

/** An option that must be given. */
export const required = <Read>(value: Value<Read>, about: About): Option<Read> =>
  ({ ...about, value, absence: 'required' }) as Option<Read>;

/** An option that must be given, unless it is found in the network. */
export const findable = <Read>(value: Value<Read>, about: About): Option<Read> =>
  ({ ...about, value, absence: 'found' }) as Option<Read>;

/** An option that may be left out. */
export const optional = <Read>(value: Value<Read>, about: About): Option<Read | undefined> =>
  ({ ...about, value, absence: 'optional' }) as Option<Read | undefined>;

/** An option with a default, written as a user would write it. */
export const defaulting = <Read>(value: Value<Read>, use: unknown, about: About): Option<Read> =>
  ({ ...about, value, absence: { use } }) as Option<Read>;

/** The words of a camelCase field. */
const words = (field: string): readonly string[] =>
  field.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

/** `--scx-ports` for the field `scxPorts`, unless the option says otherwise. */
export const flagOf = (field: string, option: Option<unknown>): string =>
  `--${option.flag ?? words(field).join('-')}`;

/** `SCATTERCAST_SCX_PORTS` for the field `scxPorts`. */
export const variableOf = (field: string): string =>
  ['scattercast', ...words(field)].join('_').toUpperCase();
