/**
 * Some receivers of `tune` in one process: `receivers.ts CLUSTER ANNOUNCEMENT COUNT`. Each second it prints
 * a line of JSON: how many are on the group, the bytes of sound and the ADUs missed of all together, and when the
 * last one left the group and when one came to it.
 */
import { openReception } from '../../../src/client/tune/reception.js';
import { AUDIO_CHANNEL } from '../../../src/session/channels.js';

const [cluster = '', announcement = '', count = '1'] = process.argv.slice(2);
const figures = { onGroup: 0, bytes: 0, missed: 0, wentBack: 0, leftAt: 0, cameAt: 0 };

const open = () =>
  openReception({
    ...{ clusters: [cluster], announcement, channels: [AUDIO_CHANNEL] },
    onAdu: ({ adu }) => {
      figures.bytes += adu.payload.length;
    },
    onEvent: (event) => {
      if (event.kind === 'onGroup') {
        figures.onGroup++;
        figures.cameAt = Date.now();
      }
      if (event.kind === 'offGroup') {
        figures.onGroup--;
        figures.wentBack++;
        figures.leftAt = Date.now();
      }
      if (event.kind === 'missed') figures.missed += event.count;
    },
  });

const receptions = await Promise.all(Array.from({ length: Number(count) }, open));
const timer = setInterval(() => console.log(JSON.stringify(figures)), 1000);
process.once('SIGTERM', () => {
  clearInterval(timer);
  void Promise.all(receptions.map((one) => one.leave()));
});
