/**
 * The output of `broadcast`. On a terminal it is a few lines that are kept up to date. In a pipe it
 * suits a log: one line for each event, and one each minute; warnings go to standard error.
 */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Progress } from '../../client/broadcast/broadcast-progress.js';
import { printable } from '../../lib/plain-text.js';
import { remark, report } from '../shell/output.js';

/** Shows progress and warnings. */
export interface BroadcastView {
  onProgress(progress: Progress): void;
  onWarning(text: string): void;
  end(): void;
}

/** A terminal or a pipe. */
type Output = NodeJS.WriteStream;

const REDRAW_MS = 250;
const MINUTE_MS = 60_000;

const STATES: Readonly<Record<Progress['state'], string>> = {
  attaching: 'attaching',
  onAir: 'on the air',
  reattaching: 'attaching again',
  leaving: 'leaving',
};

/** `1:02:03`, or `2:03` below an hour. */
export function clock(ms: number): string {
  const total = Math.floor(ms / 1000);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  const start = hours > 0 ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${start}:${two(total % 60)}`;
}

const audience = (listeners: number): string =>
  listeners === 1 ? '1 listener' : `${listeners} listeners`;

/** The lines on a terminal. */
export function statusLines(progress: Progress): readonly string[] {
  const { state, title, positionMs, lengthMs, bitrateKbps, listeners, scx } = progress;
  const length = lengthMs === undefined ? '' : ` / ${clock(Math.max(lengthMs, positionMs))}`;
  const facts = [
    `${clock(positionMs)}${length}`,
    `${bitrateKbps} kbit/s`,
    audience(listeners),
    scx === '' ? 'no SCX' : `SCX ${scx}`,
  ];
  return [`${STATES[state]}  ${title}`, facts.join('   ')].map((line) => printable(line));
}

/** The lines of a log for the change from `before` to `after`; undefined: nothing was shown yet. */
export function eventLines(before: Progress | undefined, after: Progress): readonly string[] {
  const lines: string[] = [];
  const { state, title, sentMs, bitrateKbps, listeners, scx } = after;
  if (state !== (before?.state ?? 'attaching')) {
    lines.push(state === 'onAir' ? `on the air at SCX ${scx}` : STATES[state]);
  }
  if (title !== (before?.title ?? '')) lines.push(`now playing: ${title}`);
  if (Math.floor(sentMs / MINUTE_MS) > Math.floor((before?.sentMs ?? 0) / MINUTE_MS)) {
    lines.push(`${clock(sentMs)} sent, ${bitrateKbps} kbit/s, ${audience(listeners)}`);
  }
  return lines;
}

/**
 * Creates the view that suits `output`. A terminal whose width is unknown is treated like a pipe.
 */
export function createBroadcastView(output: Output): BroadcastView {
  const redrawn = output.isTTY === true && output.columns > 0;
  return redrawn ? createTerminalView(output) : createPlainView();
}

function createPlainView(): BroadcastView {
  let last: Progress | undefined;
  return {
    onProgress: (progress) => {
      for (const line of eventLines(last, progress)) report(line);
      last = progress;
    },
    onWarning: (text) => remark(`warning: ${text}`),
    end: () => undefined,
  };
}

function createTerminalView(output: Output): BroadcastView {
  const update = createLogUpdate(output);
  let last: Progress | undefined;
  const redraw = (): void => {
    const [first, ...rest] = last === undefined ? ['attaching'] : statusLines(last);
    update([styleText('bold', first ?? ''), ...rest].join('\n'));
  };
  const timer = setInterval(redraw, REDRAW_MS);
  return {
    onProgress: (progress) => {
      last = progress;
    },
    onWarning: (text) => update.persist(styleText('yellow', `warning: ${printable(text)}`)),
    end: () => {
      clearInterval(timer);
      redraw();
      update.done();
    },
  };
}
