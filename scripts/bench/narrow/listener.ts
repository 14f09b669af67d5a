/**
 * A listener in a process of its own, as it is on another host: `listener.ts URL`. It follows redirects, asks
 * again half a second after it was closed, and prints what comes: the time and the bytes in base64 a line,
 * or the time and `closed`.
 */
import { getStream } from '../players/get-stream.js';

/** As the players of other benchmarks, ms. */
const AGAIN_MS = 500;

const [url = ''] = process.argv.slice(2);

const say = (what: string): void => void process.stdout.write(`${Date.now()} ${what}\n`);

function listen(): void {
  getStream(url, {
    onAudio: (chunk) => say(chunk.toString('base64')),
    onOver: () => {
      say('closed');
      setTimeout(listen, AGAIN_MS);
    },
  });
}

listen();
