/** Encoders, real ones and replayed ones, which send the clip in a loop. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { CLIP, type Running, start } from './processes.js';

/** Where an encoder sends to, and its password. */
export interface Target {
  readonly port: number;
  readonly mount: string;
  readonly password: string;
}

/** Frames as they are in the file. */
const COPY = ['-map', '0:a', '-c', 'copy', '-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'];
const LOOP = ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', CLIP];

export const ffmpeg = (to: Target, ...more: string[]): Running => {
  const url = `icecast://source:${to.password}@127.0.0.1:${to.port}${to.mount}`;
  return start('ffmpeg', [...LOOP, ...COPY, ...more, url]);
};

/** The file, piped into curl in real time; the process that pipes it ends with curl. */
export const curl = (to: Target, ...more: string[]): Running => {
  const who = ['-u', `source:${to.password}`, '-H', 'Content-Type: audio/mpeg'];
  const url = `http://127.0.0.1:${to.port}${to.mount}`;
  const putting = start('curl', ['-sS', '-i', ...who, ...more, '-T', '-', url]);
  const playing = start('ffmpeg', [...LOOP, ...COPY, '-']);
  const input = putting.child.stdin as Writable;
  input.on('error', () => undefined);
  playing.child.stdout?.pipe(input);
  void putting.exited.then(() => playing.child.kill('SIGKILL'));
  return putting;
};

/** Libshout's own client. */
export const ezstream = (to: Target, directory: string): Running => {
  const list = join(directory, 'list.m3u');
  writeFileSync(list, `${CLIP}\n`.repeat(20));
  const file = join(directory, 'ezstream.xml');
  writeFileSync(
    file,
    `<ezstream>
      <servers><server>
        <hostname>127.0.0.1</hostname><port>${to.port}</port><user>source</user>
        <password>${to.password}</password><tls>none</tls>
      </server></servers>
      <streams><stream>
        <mountpoint>${to.mount}</mountpoint><format>MP3</format>
        <stream_name>From ezstream</stream_name><stream_genre>Jazz</stream_genre>
      </stream></streams>
      <intakes><intake><type>playlist</type><filename>${list}</filename></intake></intakes>
    </ezstream>`,
    { mode: 0o600 },
  );
  return start('ezstream', ['-c', file]);
};

/** A connection on which the requests of an encoder are replayed. */
export interface Replayed {
  /** The answer so far. */
  said(): string;
  isClosed(): boolean;
  send(bytes: Uint8Array | string): void;
  /** Sends the clip, or other audio, from a byte on, in real time, until the connection ends. */
  play(options?: {
    readonly audio?: Uint8Array;
    readonly from?: number;
    readonly isChunked?: boolean;
  }): void;
  end(): void;
}

/** 128 kbit/s. */
const BYTES_PER_SECOND = 16_000;
const TICK_MS = 100;
const AHEAD_BYTES = BYTES_PER_SECOND / 2;

/** Connects and sends a head, byte by byte as it is written. */
export function replay(port: number, head: string): Replayed {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  let isClosed = false;
  let playing: NodeJS.Timeout | undefined;
  socket.on('data', (bytes) => {
    said += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    clearInterval(playing);
  });
  socket.write(head, 'latin1');

  const play: Replayed['play'] = ({ audio, from = 0, isChunked = false } = {}) => {
    const clip = audio ?? readFileSync(CLIP);
    const startedAt = performance.now();
    let sent = from;
    playing = setInterval(() => {
      const elapsed = (performance.now() - startedAt) / 1000;
      const due = from + Math.floor(elapsed * BYTES_PER_SECOND) + AHEAD_BYTES;
      const at = sent % clip.length;
      const part = clip.subarray(at, Math.min(clip.length, at + due - sent));
      sent += part.length;
      if (isChunked) socket.write(`${part.length.toString(16)}\r\n`);
      socket.write(part);
      if (isChunked) socket.write('\r\n');
    }, TICK_MS);
  };

  return {
    said: () => said,
    isClosed: () => isClosed,
    send: (bytes) => void socket.write(bytes),
    play,
    end: () => {
      clearInterval(playing);
      socket.destroy();
    },
  };
}
