/**
 * HTML from values. Titles, names and descriptions come from strangers: whatever is put into a template
 * is escaped, unless it is HTML that a template has made.
 */

/** HTML that may be sent. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | readonly Html[] | undefined;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => ESCAPES[found] ?? '');

function textOf(value: Value): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escaped(`${value}`);
  return 'html' in value ? value.html : value.map(({ html }) => html).join('');
}

/** A template. Values may stand between tags, or in attributes between double quotation marks. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  html: parts.map((part, index) => part + textOf(values[index])).join(''),
});
