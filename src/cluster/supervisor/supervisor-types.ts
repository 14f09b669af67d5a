/**
 * The supervisor's inputs and effects: plain data, so that tests compare them and a driver carries
 * them out. supervisor.ts says what happens with each.
 */
import type { EncoderTitles } from '../../api/encoder-titles.js';
import type { LaunchFacts } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import type { Ports } from '../ports/port-pairs.js';

/** An SCX that is to be launched. Sessions are named `scattercast://creator/session`. */
export interface LaunchOrder {
  readonly id: string;
  readonly session: string;
  readonly facts: LaunchFacts;
  readonly ports: Ports;
  readonly rendezvous: boolean;
  /** Of the SCX that it replaces, if that died. */
  readonly formerNeighbours: ScxStatus['neighbours'];
  readonly encoderTitles: EncoderTitles;
  readonly segment?: ScxStatus['segment'];
}

/** The launch parameters of an SCX's successor. */
export interface Succession {
  readonly facts: LaunchFacts;
  /** The HTTP port is that of the SCX, which hands it over. */
  readonly ports: Ports;
  readonly rendezvous: boolean;
}

/** The answer to a request for an SCX. */
export type Outcome =
  | { readonly kind: 'scx'; readonly status: ScxStatus }
  /** No room at this cluster: come back later. */
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  /** The share of places of the announcement's server, or of the client, is used up. */
  | { readonly kind: 'overShare'; readonly of: 'server' | 'client'; readonly retryAfterMs: number }
  /** The session has as many listeners here as it may. */
  | { readonly kind: 'crowded'; readonly retryAfterMs: number }
  /** The reason is a sentence for the client. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number };

export type SupervisorInput =
  /** A client needs an SCX, and waits for at most `timeoutMs`. `request` is the caller's number. */
  | {
      readonly kind: 'want';
      readonly request: number;
      readonly session: string;
      /** The client's address, or its /64 network; '' or absent if unknown. */
      readonly client?: string;
      /** Null if the announcement is not known: only what runs already will do. */
      readonly facts: LaunchFacts | null;
      /** It is a listener, which takes a slot; broadcasters and encoders take none. */
      readonly isListener: boolean;
      /** No slot is reserved until it connects: its address has used up its rate. */
      readonly unreserved?: boolean;
      readonly timeoutMs: number;
    }
  /** Rendezvous (§3.4): this session's SCX must exist always, with these facts. */
  | { readonly kind: 'keep'; readonly session: string; readonly facts: LaunchFacts }
  | { readonly kind: 'unkeep'; readonly session: string }
  /** An SCX renewed its lease. */
  | { readonly kind: 'lease'; readonly status: ScxStatus }
  /** The platform could not even start it. */
  | { readonly kind: 'launchFailed'; readonly id: string; readonly reason: string }
  | {
      readonly kind: 'exited';
      readonly id: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** The platform's list at start: an SCX that outlived an earlier front end. */
  | {
      readonly kind: 'found';
      readonly id: string;
      readonly session: string;
      readonly facts: LaunchFacts;
      readonly ports: Ports;
    }
  | { readonly kind: 'stopAll' };

/** The inputs of one kind. */
export type InputOf<Kind extends SupervisorInput['kind']> = Extract<
  SupervisorInput,
  { kind: Kind }
>;

export type SupervisorEffect =
  | { readonly kind: 'launch'; readonly order: LaunchOrder }
  | { readonly kind: 'stop'; readonly id: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** This SCX has ended, and no other one follows at its HTTP port. */
  | { readonly kind: 'release'; readonly id: string }
  | { readonly kind: 'answer'; readonly request: number; readonly outcome: Outcome }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly session: string;
    };
