/**
 * The central concept of this project (README, "The source code", and docs/architecture.md).
 * Everything that decides is a machine: a synchronous state machine without I/O. Everything that
 * acts is its environment: sockets and timers in production, an event queue in the simulator. Both
 * run the loop below, so what is simulated is what ships.
 */

/** A synchronous, total state machine: it never waits and never throws on bad input. */
export interface Machine<Input, Effect> {
  /** Takes one input at an instant (ms on the driver's monotonic clock). */
  handle(input: Input, now: number): Effect[];
  /** Runs every timer due by now; afterwards `deadline > now`. */
  tick(now: number): Effect[];
  /** The earliest instant at which tick() has work; Infinity if none. */
  deadline(): number;
}

/** The outside world of one machine. Real: sockets and timers. Simulated: an event queue. */
export interface Env<Effect> {
  now(): number;
  /** Carries out one effect; must not feed the machine before it returns. */
  perform(effect: Effect): void;
  /** Calls `wake` at the instant or as soon as possible after it. */
  wakeAt(instant: number, wake: () => void): void;
}

/**
 * The only loop. Returns the function that feeds the machine.
 * An environment that outlives its machine may simply never call back.
 */
export function drive<Input, Effect>(
  machine: Machine<Input, Effect>,
  env: Env<Effect>,
): (input: Input) => void {
  let armed = Number.POSITIVE_INFINITY;
  const settle = (effects: readonly Effect[]): void => {
    for (const effect of effects) env.perform(effect);
    arm();
  };
  const wake = (): void => {
    armed = Number.POSITIVE_INFINITY;
    const now = env.now();
    settle(machine.deadline() <= now ? machine.tick(now) : []);
  };
  const arm = (): void => {
    const deadline = machine.deadline();
    if (deadline >= armed) return;
    armed = deadline;
    env.wakeAt(armed, wake);
  };
  arm();
  return (input) => settle(machine.handle(input, env.now()));
}
