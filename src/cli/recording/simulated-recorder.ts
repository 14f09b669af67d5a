/**
 * Records a simulated session in the form of a live one, so that the same page shows it. The trees are the
 * machines' next hops where no ADUs flow.
 */
import { recordHeader } from '../../api/overlay-map/overlay-record.js';
import type { NodeId } from '../../gossamer/core/node.js';
import { isNews, type Sketch, sketchOf } from '../../gossamer/sketch.js';
import type { Looks } from '../../simulator/experiment/looks.js';
import type { SimulatedScx } from '../../simulator/world/simulated-scx.js';
import { openRecording, type RecordingFile } from './recording-file.js';

/** Simulated time between two looks, ms. */
const LOOK_MS = 500;
/** Measurements are told as rarely as SCXs tell theirs, ms. */
const REFRESH_MS = 5000;

const SESSION = 'scattercast://simulated/session';

function sketchOfSimulated({ gossamer }: SimulatedScx): Sketch {
  const sketch = sketchOf(gossamer.view());
  const self = gossamer.self().id;
  const hopTo = (scx: NodeId): NodeId | null =>
    scx === self ? null : (gossamer.nextHop(scx) ?? null);
  const sources = sketch.sources.map((one) => ({ ...one, parent: one.parent ?? hopTo(one.scx) }));
  return { ...sketch, sources };
}

const isPresent = ({ isUp, gossamer }: SimulatedScx): boolean =>
  isUp && gossamer.view().state !== 'left';

/** Creates looks that record whatever has changed. */
function recordSimulation(write: RecordingFile['write']): Looks {
  const told = new Map<SimulatedScx, { readonly sketch: Sketch; readonly at: number }>();
  write(recordHeader(SESSION, 0));

  const look = (scx: SimulatedScx, at: number): void => {
    const before = told.get(scx);
    const { id, address } = scx.gossamer.self();
    if (!isPresent(scx)) {
      if (told.delete(scx)) write({ kind: 'gone', at, id, reason: 'closed' });
      return;
    }
    const sketch = sketchOfSimulated(scx);
    const isDue = before === undefined || at - before.at >= REFRESH_MS;
    if (!isDue && !isNews(before.sketch, sketch)) return;
    told.set(scx, { sketch, at });
    write({ kind: 'scx', at, id, address, place: sketch.place, sketch });
  };

  return {
    intervalMs: LOOK_MS,
    onLook: (at, scxs) => {
      for (const scx of scxs) look(scx, at);
    },
  };
}

/** Plays a run that is recorded to a file, or, without one, is not. */
export function recordingTo<Report>(
  path: string | undefined,
  play: (looks: Looks | undefined) => Report,
): Report {
  if (path === undefined) return play(undefined);
  const file = openRecording(path);
  try {
    return play(recordSimulation(file.write));
  } finally {
    file.close();
  }
}
