import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createLatch } from '../../src/runtime/latch.js';
import { createShutdown } from '../../src/scx/shutdown.js';

describe('The end of an SCX', () => {
  test('has its steps in order, once, and waits for the overlay', async () => {
    const steps: string[] = [];
    const left = createLatch();
    const shutdown = createShutdown(pino({ enabled: false }), () => ({
      leave: () => {
        steps.push('leave');
        return left.promise;
      },
      tellFrontEnd: () => void steps.push('tell the front end'),
      endStreams: () => void steps.push('end streams'),
      close: async () => void steps.push('close'),
      finish: () => void steps.push('finish'),
    }));
    expect(shutdown.hasBegun).toBe(false);
    shutdown.start('a test');
    shutdown.start('another reason');
    expect(shutdown.hasBegun).toBe(true);
    expect(steps).toEqual(['leave', 'tell the front end']);
    left.resolve();
    await shutdown.done;
    expect(steps.slice(2)).toEqual(['end streams', 'close', 'finish']);
  });
});
