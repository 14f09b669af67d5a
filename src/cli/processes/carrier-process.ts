/**
 * The process that carries encoders to SCXs (cluster/ingest/encoder-carrier.ts). A front end starts it and
 * gives it connections over its IPC channel. It ends when that channel is closed and the last encoder has
 * left.
 */
import { createEncoderCarrier } from '../../cluster/ingest/encoder-carrier.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { openGivenEncoders } from '../../scx/ingest/given-encoders.js';

/** Carries until there is nothing left to carry. Rejects with a UserError if no front end started it. */
export async function runCarrier(): Promise<void> {
  // Ctrl-C at the cluster's terminal, or its end, reaches this process, too; the cluster decides.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  const given = openGivenEncoders();
  if (given === undefined) throw new UserError(EXIT.usage, 'carrier is started by a cluster');
  const carrier = createEncoderCarrier();
  given.onGiven(carrier.take);
  const closed = new Promise<void>((resolve) => process.once('disconnect', resolve));
  process.channel?.ref(); // until then this process lives also without encoders
  await closed;
  await carrier.empty();
}
