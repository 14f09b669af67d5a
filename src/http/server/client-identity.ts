/**
 * Tells clients apart without a login: by address and program. Two players of one kind behind one
 * address look the same; an encoder that reconnects is recognised.
 */
export interface ClientIdentity {
  /** The client's IP address, as client-address.ts determines it. */
  readonly address: string;
  /** The User-Agent header; '' without one. */
  readonly agent: string;
}
