/** Numbers and times as people read them. */

export const whole = (value: number): string => Math.round(value).toLocaleString();

/** An average: small numbers with a digit behind the point. */
export const average = (value: number): string =>
  value !== 0 && value < 10 ? value.toFixed(1) : whole(value);

export const plural = (count: number, what: string): string =>
  `${whole(count)} ${what}${count === 1 ? '' : 's'}`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.5 GB` */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(value || 1) / 3)));
  const size = value / 1000 ** power;
  return `${size < 10 && power > 0 ? size.toFixed(1) : Math.round(size)} ${UNITS[power]}`;
}

/** `3 min`, `5 h`, `12 days` */
export function span(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}

/** A time of today without the date. */
export function time(ms: number, now: number): string {
  const at = new Date(ms);
  const clock = at.toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  if (now - ms < 43_200_000) return clock;
  const day = at.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return `${day}, ${at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}

/** Causes with their numbers: `3 upstreamLost, 1 late`; '' if there are none. */
export const causes = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([, one], [, other]) => other - one)
    .map(([cause, count]) => `${whole(count)} ${words(cause)}`)
    .join(', ');

/** `parentDied` as `parent died`. */
const words = (cause: string): string =>
  cause.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();

let regions: Intl.DisplayNames | undefined;

/** The name of a country. */
export function country(code: string): string {
  if (code === '??') return 'Unknown';
  try {
    regions ??= new Intl.DisplayNames(undefined, { type: 'region' });
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}
