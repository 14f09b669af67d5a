/**
 * Lines of a recording (src/api/overlay-map/overlay-record.ts) as the page reads them. They come from the
 * cluster, or from a file that somebody has chosen, so each is checked for what the page uses of it.
 */
import type { OverlayLine, RecordLine, ScxLine } from '../../src/api/overlay-map/overlay-record.js';

export type { OverlayLine, ScxLine };

export const LINE_LENGTH_MAX = 16_384;
const LIST_MAX = 128;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isId = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isListOf = (value: unknown, isOne: (one: Fields) => boolean): boolean =>
  Array.isArray(value) &&
  value.length <= LIST_MAX &&
  value.every((one) => isFields(one) && isOne(one));

const isPlace = (value: unknown): boolean =>
  value === null || (isFields(value) && [value.x, value.y, value.height].every(isNumber));

const isSketch = (value: unknown): boolean =>
  value === null ||
  (isFields(value) &&
    isPlace(value.place) &&
    [value.listeners, value.failovers, value.stallMs, value.repaired, value.lost].every(isNumber) &&
    isListOf(value.neighbours, ({ id, rttMs }) => isId(id) && isNumber(rttMs)) &&
    isListOf(
      value.sources,
      ({ id, scx, parent, audience }) =>
        typeof id === 'string' &&
        isId(scx) &&
        (parent === null || isId(parent)) &&
        isNumber(audience),
    ));

const isScx = ({ id, place, sketch, address }: Fields): boolean =>
  isId(id) &&
  isPlace(place) &&
  isSketch(sketch) &&
  (address === undefined || typeof address === 'string');

function isLine(value: Fields): boolean {
  if (!isNumber(value.at)) return false;
  if (value.kind === 'scx') return isScx(value);
  if (value.kind === 'gone') return isId(value.id);
  return value.kind === 'recording' && typeof value.session === 'string';
}

/** Reads a line; undefined if it is none, or of a kind that this page does not know. */
export function readLine(text: string): RecordLine | undefined {
  if (text.length > LINE_LENGTH_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) && isLine(value) ? (value as unknown as RecordLine) : undefined;
  } catch {
    return undefined;
  }
}
