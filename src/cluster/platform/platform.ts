/**
 * The platform that starts SCXs. §2.3 assumes "the existence of a cluster management platform". A
 * platform has three verbs, launch, stop and list, and reports exits. process-platform.ts needs
 * nothing that must be installed; swarm/ has Docker's engine start SCXs on many machines.
 *
 * A platform may hold the HTTP port of an SCX beyond the death of its process, so that connections
 * wait for the next SCX that is launched at this port, instead of being refused.
 */
import type { Socket } from 'node:net';
import type { LeaseTerms } from '../../api/lease.js';
import type { Launch, LaunchFacts } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { Join } from '../../api/swarm/scx-service.js';
import type { OpenLaunch, SpareQuestion } from '../../api/swarm/spare.js';
import type { Ports } from '../ports/port-pairs.js';
import type { EncoderGift } from './encoder-channel.js';
import type { Spare } from './spares.js';

/** An SCX that runs already. */
export interface Found {
  readonly id: string;
  /** `scattercast://creator/session`. */
  readonly session: string;
  readonly pid: number;
  /** As ordered at its launch: 0 was any port. */
  readonly ports: Ports;
  readonly facts: LaunchFacts;
}

/** An SCX that ended; either code or signal, or neither if that is not known. */
export interface Exit {
  readonly id: string;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Platform {
  /** Starts an SCX. Rejects if the process could not be started; no exit is reported then. */
  launch(launch: Launch): Promise<{ readonly pid: number }>;
  /** Asks it to leave, or ends it. Does nothing for an unknown id. */
  stop(id: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** The SCXs of this cluster that live; asked once, at the start of a front end. */
  list(): Promise<readonly Found[]>;
  /**
   * No further SCX is launched at the port of this one, which has ended: if the port is held, it is
   * closed, and what waits there is refused.
   */
  release(id: string): void;
  /** Reports each exit of a launched, listed or adopted SCX once, to one listener. */
  onExit(listener: (exit: Exit) => void): void;
  /**
   * An SCX renews its lease but is not known here (its run file was lost). True if the platform
   * finds its process, and watches it from now on.
   */
  adopt(id: string, session: string, pid: number): boolean;
  /**
   * Leaves an order for an SCX to hand over to a successor, which then renews its own lease.
   * Listeners that cannot be handed over may stay for `drainMs`. Rejects if the order cannot be
   * written.
   */
  orderSuccessor(id: string, successor: Launch, drainMs: number): Promise<void>;
  /**
   * Gives an SCX the connection of an encoder, which then outlives this process. False if the SCX
   * cannot be given any, or does not take it: the connection is still the caller's.
   */
  giveEncoder(id: string, gift: EncoderGift): Promise<boolean>;
  /**
   * Gives it to a process that passes its bytes to the SCX (`gift.scx`) and outlives this one. False if
   * that is not possible.
   */
  carryEncoder(gift: EncoderGift): Promise<boolean>;
  /** The processes that wait for a launch; none if this platform starts none ahead. */
  spares(): readonly Spare[];
  /** Replaces them by processes of the program that is installed now. */
  renewSpares(): void;
  /** Ends the watching and the spares, not the SCXs. */
  close(): void;
  /** Absent if SCXs and their only front end are on one machine. */
  readonly shared?: SharedPlatform;
}

/** A machine of the cluster, as `status` shows it. */
export interface ClusterMachine {
  readonly hostname: string;
  /** Whether the engine reaches it. */
  readonly isReady: boolean;
  /** Whether it is given SCXs. */
  readonly isActive: boolean;
}

/**
 * What a platform of several machines adds, on which several front ends serve one cluster. An SCX
 * draws its own id when it starts, so it is not known by that of its launch before its first lease.
 */
export interface SharedPlatform {
  machines(): readonly ClusterMachine[];
  /** The URLs at which front ends of this cluster may be, `http://HOST:PORT`. */
  frontEnds(): readonly string[];
  /**
   * Replaces an SCX of another version, if there is one, and this version's front ends are up. Never
   * rejects. For one front end at a time.
   */
  renew(): Promise<void>;
  /** An SCX has renewed its lease over this connection. False if it is not wanted any more. */
  onLease(status: ScxStatus, connection: Socket): boolean;
  /** What it wants from an SCX that has renewed its lease. */
  orders(status: ScxStatus): Pick<LeaseTerms, 'retireWithinMs'>;
  /**
   * A spare SCX waits for a session. Resolves with one, or with undefined after a while. `gone`: it has
   * ended.
   */
  onSpare(spare: SpareQuestion, gone: Promise<void>): Promise<OpenLaunch | undefined>;
  /** An SCX starts: what it is to know besides its service's document; undefined: it is to end. */
  onJoin(join: Join): JoinFacts | undefined;
}

/** What the session's SCX before it left. */
type JoinFacts = Pick<Launch, 'formerNeighbours' | 'encoderTitles' | 'segment' | 'listenerHook'>;
