/**
 * Waiting for the launch document that the front end sends (api/scx-launch.ts). Nothing else is left to
 * do before the SCX can run, so a process that was started ahead costs a listener no time.
 *
 * The channel keeps this process alive for as long as it waits, and its end ends it: a front end that
 * was killed leaves no processes behind that wait for nothing.
 */
import { type LaunchReply, launchMessageSchema } from '../../api/scx-launch.js';
import type { BoundSocket } from '../../scx/port/scx-port.js';

/** What the front end has sent. */
export interface AwaitedLaunch {
  /** Not checked yet. */
  readonly launch: unknown;
  /** The bound socket of the HTTP port. */
  readonly socket: BoundSocket | undefined;
}

const reply = (kind: LaunchReply['kind']): void => {
  if (process.connected) process.send?.({ kind }, undefined, undefined, () => undefined);
};

/** Says that the program is loaded, and waits. Undefined: the front end has gone, or `stopping` came first. */
export function awaitLaunch(stopping: Promise<void>): Promise<AwaitedLaunch | undefined> {
  return new Promise((resolve) => {
    const done = (awaited: AwaitedLaunch | undefined): void => {
      process.off('message', onMessage);
      process.off('disconnect', onGone);
      process.channel?.unref();
      resolve(awaited);
    };
    const onGone = (): void => done(undefined);
    const onMessage = (raw: unknown, socket: unknown): void => {
      const message = launchMessageSchema.safeParse(raw);
      if (!message.success) return;
      reply('launched');
      const { launch } = message.data;
      done({ launch, socket: (socket ?? undefined) as BoundSocket | undefined });
    };
    process.on('message', onMessage);
    process.on('disconnect', onGone);
    process.channel?.ref();
    void stopping.then(onGone);
    if (process.connected) reply('loaded');
    else onGone();
  });
}
