/**
 * Listens to a session, or receives another of its channels, and passes it on to outputs: standard
 * output, a recording, a command, local players. An output that is full holds up the reception.
 */
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import { unlessAborted } from '../pause.js';
import type { Output } from './outputs/output.js';
import { openReception, type ReceivedAdu, type ReceptionOptions } from './reception.js';
import { createSound } from './sound.js';

export interface TuneOptions
  extends Pick<
    ReceptionOptions,
    'clusters' | 'announcement' | 'ticket' | 'interfaceName' | 'onEvent'
  > {
  readonly channel: number;
  /** Opens the outputs, once we are attached. Rejects with a UserError. */
  openOutputs(): Promise<readonly Output[]>;
  /** A title begins to hold; null: there is none. */
  onTitle(title: string | null): void;
  /** Ends it in order. */
  readonly signal: AbortSignal;
}

/** Titles go first, so that they are known when their sound comes. */
const channelsFor = (channel: number): readonly number[] =>
  channel === AUDIO_CHANNEL ? [TITLE_CHANNEL, AUDIO_CHANNEL] : [channel];

/** Creates a function that passes an ADU on; what it returns is awaited before there is more. */
function createPassing({ channel, onTitle }: TuneOptions, outputs: readonly Output[]) {
  const sound = createSound();
  let title: string | null = null;
  return (received: ReceivedAdu): readonly Promise<unknown>[] => {
    const full = (found: Promise<unknown> | undefined) => found ?? [];
    if (channel !== AUDIO_CHANNEL) return outputs.flatMap((one) => full(one.onAdu(received.adu)));
    const frame = sound(received);
    if (frame === undefined) return [];
    if (frame.title !== title) onTitle(frame.title);
    title = frame.title;
    return outputs.flatMap((one) => full(one.onFrame(frame)));
  };
}

/** Creates the hold on a reception while outputs are full. */
function createHold(setReading: (isReading: boolean) => void) {
  let full = 0;
  return async (ready: Promise<unknown>): Promise<void> => {
    if (full++ === 0) setReading(false);
    await ready;
    if (--full === 0) setReading(true);
  };
}

/**
 * Receives until the signal is aborted or an output has ended. Rejects with a UserError when no cluster
 * accepts us, when we are refused for good, and when an output fails.
 */
export async function tune(options: TuneOptions): Promise<void> {
  const { signal, onEvent } = options;
  const refused = new AbortController();
  const stop = AbortSignal.any([signal, refused.signal]);
  /** What comes before the outputs are open. */
  const early: ReceivedAdu[] = [];
  let take = (received: ReceivedAdu): void => void early.push(received);
  const opening = openReception({
    ...options,
    channels: channelsFor(options.channel),
    onAdu: (received) => take(received),
    onEvent: (event) => {
      if (event.kind === 'refused') refused.abort(event.error);
      else onEvent(event);
    },
  });
  const reception = await unlessAborted(opening, stop);
  if (reception === undefined) {
    opening.then((late) => late.leave()).catch(() => undefined);
    return refused.signal.throwIfAborted();
  }
  let outputs: readonly Output[] = [];
  try {
    outputs = await options.openOutputs();
    const pass = createPassing(options, outputs);
    const hold = createHold(reception.setReading);
    take = (received) => {
      for (const ready of pass(received)) void hold(ready);
    };
    early.forEach(take);
    await unlessAborted(Promise.race(outputs.map((output) => output.ended)), stop);
  } finally {
    take = () => undefined;
    await reception.leave();
    await Promise.all(outputs.map((output) => output.end()));
  }
  refused.signal.throwIfAborted();
}
