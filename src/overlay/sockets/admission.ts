/** Answers the HELLO of an accepted connection: admits or refuses the peer. */
import type { ControlHello, DataHello, Hello } from '../../wire/hello.js';
import type { Connection } from './connection.js';

/** An SCX's HELLO, which is also the answer to a client. */
export type ScxHello = ControlHello | DataHello;

/** The decision about a connection that has sent HELLO. */
export type Admission =
  | {
      readonly kind: 'admitted';
      readonly answer: ScxHello;
      /** It is counted among the SCX's listeners, whose number is bounded there. */
      readonly isListener?: boolean;
      /** The answer has been sent: hand the connection to its handler now. */
      onOpen(connection: Connection): void;
    }
  | ({ readonly kind: 'refused' } & Refusal);

/** Why a connection is refused. */
export interface Refusal {
  readonly reason: string;
  /** Another attempt with the same HELLO would be refused, too. */
  readonly isFinal?: boolean;
  /** Wait before the refusal is sent, ms: it slows down the guessing of passwords. */
  readonly delayMs?: number;
}

/** Decides about a HELLO that came from an IP address; a promise, which never rejects, may take long. */
export type Admit = (hello: Hello, remoteAddress: string) => Admission | Promise<Admission>;
