/**
 * Lines of the overlay as server-sent events. A batch is made into bytes once, however many look: with
 * the addresses of SCXs for operators, and without for everybody else.
 */
import type { OverlayLine, RecordHeader } from '../../api/overlay-map/overlay-record.js';

/** The same lines for two kinds of viewers. */
export interface OverlayEvents {
  readonly whole: Buffer;
  readonly withoutAddresses: Buffer;
}

/** One event. */
export const eventOf = (line: OverlayLine | RecordHeader): string =>
  `data: ${JSON.stringify(line)}\n\n`;

function withoutAddress(line: OverlayLine): OverlayLine {
  if (line.kind === 'gone') return line;
  const { address: _, ...rest } = line;
  return rest;
}

const bytesOf = (lines: readonly OverlayLine[]): Buffer => Buffer.from(lines.map(eventOf).join(''));

/** The events of some lines; made when the first viewer of a kind asks for them. */
export function createEvents(lines: readonly OverlayLine[]): OverlayEvents {
  let whole: Buffer | undefined;
  let withoutAddresses: Buffer | undefined;
  return {
    get whole() {
      whole ??= bytesOf(lines);
      return whole;
    },
    get withoutAddresses() {
      withoutAddresses ??= bytesOf(lines.map(withoutAddress));
      return withoutAddresses;
    },
  };
}
