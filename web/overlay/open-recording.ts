/** Reads the file of a recording that somebody opens on the page. */
import { createCutter } from '../common/cutter.js';
import { LINE_LENGTH_MAX, readLine } from './record.js';
import { createTimeline, type Timeline } from './timeline.js';

/** A recording that is larger is not opened, bytes. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;

export interface OpenedRecording {
  readonly timeline: Timeline;
  /** Whether the recording is longer than the timeline holds, which has only its beginning. */
  readonly isCut: boolean;
}

/** Reads a recording; the text says what is wrong with it. */
export async function openRecording(file: File): Promise<OpenedRecording | string> {
  if (file.size > FILE_BYTES_MAX) return 'That recording is too large to be shown here.';
  const made = createTimeline({ isLive: false });
  let [isRecording, isFull] = [false, false];
  const cut = createCutter('\n', LINE_LENGTH_MAX, (text) => {
    const line = readLine(text);
    if (line?.kind === 'recording') isRecording = true;
    else if (line !== undefined && isRecording) isFull ||= !made.add(line);
  });
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    cut(value);
  }
  cut('\n');
  if (!isRecording || made.end === made.begin) {
    return 'That is no recording: make one with scattercast status --record or simulate --record.';
  }
  return { timeline: made, isCut: isFull };
}
