/** A drill on an encoder at a Swarm: the front end that it feeds brings it to the next SCX. */
import { connect } from 'node:net';
import { until } from '../../../test/e2e/support/processes.js';
import { verdict } from '../drills/drill.js';
import { createFrameListener } from '../drills/frame-listener.js';
import { FRAME_MS, numberedAudio } from '../players/numbered-audio.js';
import { type SwarmScene, scxContainer } from './scene.js';
import { ms, type SwarmDrill, WITHIN_MS } from './swarm-drill.js';

const PATH = 'drill.example/fed';
const SEND_MS = 100;
/** Of the numbered audio: 128 kbit/s. */
const BYTES_PER_MS = 16;

/** Sends numbered frames in real time, as an encoder does that never connects again. */
function startEncoder(frontEnd: string, password: string) {
  const { hostname: host, port } = new URL(frontEnd);
  const login = Buffer.from(`source:${password}`).toString('base64');
  const socket = connect({ host, port: Number(port) }).on('error', () => undefined);
  socket.write(`SOURCE /${PATH} HTTP/1.0\r\nAuthorization: Basic ${login}\r\n\r\n`);
  socket.resume();
  const audio = numberedAudio();
  const startedAt = performance.now();
  let sent = 0;
  const sending = setInterval(() => {
    const due = Math.min(audio.length, (performance.now() - startedAt + FRAME_MS) * BYTES_PER_MS);
    socket.write(audio.subarray(sent, due));
    sent = Math.max(sent, Math.floor(due));
  }, SEND_MS);
  return {
    isOpen: () => !socket.destroyed && !socket.readableEnded,
    stop: () => {
      clearInterval(sending);
      socket.destroy();
    },
  };
}

const theScxOf = (scene: SwarmScene, not = '') =>
  until(
    'its SCX',
    async () => (await scene.scxs(PATH)).find(({ id, state }) => id !== not && state === 'running'),
    WITHIN_MS,
  );

export const encoder: SwarmDrill = {
  mustShow:
    'an encoder feeds a front end, and the task of its SCX is killed: it stays connected, and is heard ' +
    'again by who listens again',
  run: async (scene) => {
    const at = scene.frontEnd(0);
    const name = ['--cluster', at, '--name', `scattercast://${PATH}`, '--json'];
    const announced = scene.command(0, 'announce', ...name);
    const { password } = JSON.parse(announced) as { readonly password: string };
    const feeding = startEncoder(at, password);
    const listener = createFrameListener(() => `${at}/listen/${PATH}.mp3`, 0);
    const again = setInterval(() => listener.isClosed && listener.again(), 100);
    try {
      await until('its sound', () => listener.heard().frames > 100, WITHIN_MS);
      const { id, ...scx } = await theScxOf(scene);
      listener.mark();
      const machine = scene.machineOf({ id, ...scx });
      machine.docker('kill', scxContainer(machine, { id, ...scx }));
      const since = performance.now();
      await until('the end of the SCX', () => listener.heard().closed > 0, WITHIN_MS);
      await until(
        'its sound',
        () => !listener.isClosed && listener.heard().frames > 100,
        WITHIN_MS,
      );
      const within = performance.now() - since;
      await theScxOf(scene, id);
      const isOpen = feeding.isOpen();
      return {
        seen: `the encoder ${isOpen ? 'stayed' : 'was DISCONNECTED'}; 100 frames of it were heard at the next SCX after ${ms(within)}`,
        held: verdict(isOpen, true),
      };
    } finally {
      clearInterval(again);
      listener.stop();
      feeding.stop();
    }
  },
};
