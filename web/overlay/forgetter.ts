/**
 * Forgets SCXs after a live map has begun anew, as it does when the connection was lost: what was there
 * before is gone, unless it is told of again soon.
 */
import { NEWS_MS } from './picture.js';
import type { OverlayLine } from './record.js';
import type { Timeline } from './timeline.js';

export interface Forgetter {
  /** All SCXs are told anew from this instant on. */
  begin(at: number): void;
  take(line: OverlayLine): void;
  /** Forgets nothing any more. */
  end(): void;
}

/** Creates a forgetter for the timeline that is shown at the time. */
export function createForgetter(timeline: () => Timeline): Forgetter {
  let before = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    begin: (at) => {
      before = new Map([...timeline().picture.scxs.keys()].map((id) => [id, at]));
      clearTimeout(timer);
      timer = setTimeout(() => {
        for (const id of before.keys()) {
          timeline().add({
            kind: 'gone',
            at: timeline().end,
            id,
            reason: 'forgotten',
          } as OverlayLine);
        }
      }, NEWS_MS);
    },
    take: (line) => {
      before.delete(line.id);
      timeline().add(line);
    },
    end: () => clearTimeout(timer),
  };
}
