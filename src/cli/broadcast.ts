/** `scattercast broadcast`: MP3 files, or standard input, into a session in real time. */
import { broadcast } from '../client/broadcaster.js';
import { findAnnouncement } from '../client/cluster-api.js';
import type { Program } from '../client/playlist.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { createBroadcastView } from './broadcast-view.js';
import type { Command } from './command.js';
import type { Settings } from './option.js';
import { stopSignal } from './stop-signal.js';
import { broadcastOptions } from './tables.js';

type BroadcastSettings = Settings<typeof broadcastOptions>;

export const command: Command<typeof broadcastOptions> = {
  story:
    'Sends MP3 files, one after the other, or standard input (-), to everybody who listens to ' +
    'the session. Titles come from ID3 tags. Ends after the last file, or with Ctrl-C.',
  operands: [{ name: '<file...>', help: 'MP3 files, or - for standard input' }],
  options: broadcastOptions,
  examples: [
    'scattercast broadcast --cluster http://localhost:8000 --loop \\',
    '    --announcement http://localhost:8000/announcements/radio.example/night.xml *.mp3',
    'ffmpeg -re -i live.wav -f mp3 - | \\',
    '    scattercast broadcast --cluster localhost:8000 --announcement radio.example/night -',
  ],
  run,
};

async function run(settings: BroadcastSettings, files: readonly string[]): Promise<void> {
  const { cluster, loop, priority } = settings;
  const program = programOf(files, loop);
  const signal = stopSignal();
  const announcement = await findAnnouncement(cluster, settings.announcement);
  const view = createBroadcastView(process.stdout);
  const { onProgress, onWarning } = view;
  try {
    await broadcast({ cluster, announcement, program, priority, onProgress, onWarning, signal });
  } finally {
    view.end();
  }
}

function programOf(files: readonly string[], loop: boolean): Program {
  if (!files.includes('-')) return { kind: 'files', files, loop };
  if (files.length > 1 || loop) {
    throw new UserError(
      EXIT.usage,
      '- is standard input: neither other files nor --loop go with it',
    );
  }
  return { kind: 'stream', stream: process.stdin };
}
