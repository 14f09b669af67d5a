/** Heads of answers as stream servers send them, all of a station called Night: one table for all readers. */

/** A head that every reader of answers accepts. */
export interface ResponseCase {
  readonly what: string;
  readonly head: string;
}

export const RESPONSE_CASES: readonly ResponseCase[] = [
  { what: 'HTTP/1.0', head: 'HTTP/1.0 200 OK\r\nicy-name: Night\r\n\r\n' },
  { what: 'HTTP/1.1', head: 'HTTP/1.1 200 OK\r\nConnection: close\r\nicy-name: Night\r\n\r\n' },
  { what: 'ICY', head: 'ICY 200 OK\r\nicy-name:Night\r\n\r\n' },
  { what: 'bare line feeds', head: 'HTTP/1.0 200 OK\nicy-name: Night\n\n' },
  {
    what: 'ICY and bare line feeds',
    head: 'ICY 200 OK\nicy-name:Night\ncontent-type:audio/mpeg\n\n',
  },
  { what: 'both kinds of line ends', head: 'ICY 200 OK\r\nicy-name:Night\nicy-br:128\r\n\n' },
  { what: 'an empty line', head: '\r\nHTTP/1.0 200 OK\r\nicy-name: Night\r\n\r\n' },
  { what: 'two bare line feeds', head: '\n\nICY 200 OK\nicy-name:Night\n\n' },
];
