/**
 * Segments of HLS at lower bit rates. They have the names, numbers and times of the original's, so the lists
 * of all variants are alike, and a player changes from one to the other at any segment: the first frame of each
 * stands alone. Their bytes depend on the SCX that makes them, so none is kept by caches.
 *
 * A segment is complete in the original a moment before the last of its frames is made, so that is waited for.
 *
 * Bounded: KEPT_MAX segments, WAITING_MAX that are waited for, WAIT_MS each.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseSegmentName } from '../../icecast/segment-name.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { RenditionKbps } from '../../session/renditions.js';
import { withTag } from '../sound/segment.js';
import type { Segment } from '../sound/segments.js';
import type { Renditions } from './renditions.js';

/** Makes a segment at a lower rate; undefined: it cannot be made, or not in time. */
type RenditionSegments = (segment: Segment, kbps: RenditionKbps) => Promise<Buffer | undefined>;

/** What players fetch together: four rates of the last segments. */
const KEPT_MAX = 64;
const WAITING_MAX = 32;
/** Guess: a thread that starts needs less, and a player's buffer holds more. */
const WAIT_MS = 2500;
const LOOK_MS = 50;

/** Creates the segments of an SCX's renditions. */
export function createRenditionSegments({ ringOf }: Pick<Renditions, 'ringOf'>): RenditionSegments {
  const kept = createBoundedMap<string, Buffer>(KEPT_MAX);
  const waiting = new Map<string, Promise<Buffer | undefined>>();

  const make = ({ name, title }: Segment, kbps: RenditionKbps): Buffer | undefined => {
    const { first = 0, count = 0 } = parseSegmentName(name) ?? {};
    const frames = ringOf(kbps).run(first, count);
    return frames && withTag({ first, title }, Buffer.concat(frames));
  };

  const makeSoon = async (segment: Segment, kbps: RenditionKbps): Promise<Buffer | undefined> => {
    let made = make(segment, kbps);
    for (let left = WAIT_MS / LOOK_MS; made === undefined && left > 0; left--) {
      await pause(LOOK_MS);
      made = make(segment, kbps);
    }
    return made;
  };

  return async (segment, kbps) => {
    const id = `${kbps} ${segment.name} ${segment.title}`;
    const known = kept.get(id);
    if (known !== undefined || segment.isMended === true) return known;
    if (!waiting.has(id) && waiting.size >= WAITING_MAX) return undefined;
    const making = waiting.get(id) ?? makeSoon(segment, kbps);
    waiting.set(id, making);
    const made = await making;
    waiting.delete(id);
    if (made !== undefined) kept.set(id, made);
    return made;
  };
}
