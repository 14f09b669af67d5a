/**
 * `scattercast broadcast`: sends files, standard input or another stream to a session, in real
 * time. The work is done in src/client/broadcast; this file checks that the flags fit together.
 */
import { broadcast } from '../../client/broadcast/broadcaster.js';
import type { Program } from '../../client/playlist/playlist.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { type BroadcastSettings, broadcastOptions } from '../options/broadcast-options.js';
import type { Command } from '../shell/command.js';
import { stopSignal } from '../shell/stop-signal.js';
import { createBroadcastView } from '../views/broadcast-view.js';

export const command: Command<typeof broadcastOptions> = {
  story:
    'Sends MP3 files one after the other, or standard input (-), or the stream of another server ' +
    '(--from), to all listeners of the session, in real time. Directories are searched for .mp3 ' +
    'files, .m3u and .pls playlists are read, and titles come from ID3 tags, playlists and file names. ' +
    'Ends after the last file, or with Ctrl-C.',
  operands: [
    {
      name: '[file...]',
      help: 'MP3 files, directories, .m3u and .pls playlists; or - for standard input',
    },
  ],
  options: broadcastOptions,
  examples: [
    'scattercast broadcast --cluster http://localhost:8000 --loop --shuffle \\',
    '    --announcement http://localhost:8000/announcements/radio.example/night.xml music/',
    'SCATTERCAST_PASSWORD=... scattercast broadcast --cluster localhost:8000 \\',
    '    --announcement radio.example/night show.mp3',
    'ffmpeg -f alsa -i default -f mp3 - | \\',
    '    scattercast broadcast --cluster a.example:8000,b.example:8000 \\',
    '        --announcement radio.example/night -',
    'scattercast broadcast --cluster localhost:8000 --announcement radio.example/night \\',
    '    --from http://icecast.example:8000/live.mp3',
  ],
  run,
};

async function run(settings: BroadcastSettings, files: readonly string[]): Promise<void> {
  const { cluster: clusters, announcement, priority, password } = settings;
  const program = programOf(settings, files);
  const signal = stopSignal();
  const view = createBroadcastView(process.stdout);
  const { onProgress, onWarning } = view;
  try {
    await broadcast({
      ...{ clusters, announcement, program, priority, password },
      ...{ onProgress, onWarning, signal },
    });
  } finally {
    view.end();
  }
}

/** What to play. Throws a UserError when files and flags do not fit together. */
export function programOf(
  { from, loop, shuffle, bitrate }: BroadcastSettings,
  files: readonly string[],
): Program {
  const isLive = from !== undefined || files.includes('-');
  if (!isLive && files.length === 0) {
    throw usage(
      'nothing to play: name MP3 files, directories or playlists, or give - or --from URL',
    );
  }
  if (!isLive) {
    const encoding = bitrate === undefined ? {} : { bitrateKbps: bitrate };
    return { kind: 'files', files, loop, shuffle, ...encoding };
  }
  const what = from === undefined ? '- is standard input' : '--from is a stream';
  if (files.length > (from === undefined ? 1 : 0))
    throw usage(`${what}: no other files go with it`);
  if (loop || shuffle || bitrate !== undefined) {
    throw usage(`${what}: --loop, --shuffle and --bitrate are for files`);
  }
  return from === undefined
    ? { kind: 'stream', stream: process.stdin }
    : { kind: 'pull', url: from };
}

const usage = (problem: string): UserError => new UserError(EXIT.usage, problem);
