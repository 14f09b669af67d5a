/**
 * Request heads as clients send them, right and wrong: one table for everything that reads a head (the
 * reader itself, the SCX's port, the front end's port), so that none is more tolerant than another.
 */

/** A head for a path that exists, and whether it is read; `PATH` stands for the path. */
export interface RequestCase {
  readonly what: string;
  readonly head: string;
  /** The status of the refusal; undefined: it is read. */
  readonly refusal?: 400 | 414 | 431;
}

const read = (what: string, head: string): RequestCase => ({ what, head });

const refused = (what: string, head: string, refusal: 400 | 414 | 431 = 400): RequestCase => ({
  ...{ what, head, refusal },
});

/** In heads: the path that is asked for. */
const PATH_MARK = 'PATH';

export const REQUEST_CASES: readonly RequestCase[] = [
  read('HTTP/1.1', 'GET PATH HTTP/1.1\r\nHost: a\r\n\r\n'),
  read('HTTP/1.0 without a header', 'GET PATH HTTP/1.0\r\n\r\n'),
  read('HTTP/1.1 without Host', 'GET PATH HTTP/1.1\r\nUser-Agent: old\r\n\r\n'),
  read('HTTP/1.1 with an empty Host', 'GET PATH HTTP/1.1\r\nHost:\r\n\r\n'),
  read('bare line feeds', 'GET PATH HTTP/1.0\nHost: a\n\n'),
  read('bare line feeds in HTTP/1.1', 'GET PATH HTTP/1.1\nHost: a\n\n'),
  read('both kinds of line ends', 'GET PATH HTTP/1.1\r\nHost: a\nUser-Agent: b\r\n\n'),
  read('an empty line before it', '\r\nGET PATH HTTP/1.1\r\nHost: a\r\n\r\n'),
  read('two bare line feeds before it', '\n\nGET PATH HTTP/1.0\r\n\r\n'),
  read('an absolute URL', 'GET http://a:1PATH HTTP/1.1\r\nHost: a\r\n\r\n'),
  read('tabs and blanks around a value', 'GET PATH HTTP/1.1\r\nHost: \t a \t\r\n\r\n'),
  read('a value in Latin-1', 'GET PATH HTTP/1.1\r\nHost: a\r\nUser-Agent: Caf\xe9\r\n\r\n'),
  read('bytes that are not escaped', 'GET PATH?a=Caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'),
  read('a repeated header', 'GET PATH HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nAccept: a/b\r\n\r\n'),
  read('64 headers', `GET PATH HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(63)}\r\n`),
  refused('no version', 'GET PATH\r\n\r\n'),
  refused('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('TLS where there is no certificate', '\x16\x03\x01\x02\x00'),
  refused('zero bytes', '\0\0\0\0'),
  refused('a blank before the method', ' GET PATH HTTP/1.1\r\n\r\n'),
  refused('two blanks', 'GET  PATH HTTP/1.1\r\n\r\n'),
  refused('a tab for a blank', 'GET\tPATH HTTP/1.1\r\n\r\n'),
  refused('a header without a name', 'GET PATH HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n'),
  refused('a header without a colon', 'GET PATH HTTP/1.1\r\nHost: a\r\nx\r\n\r\n'),
  refused('a folded header', 'GET PATH HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n'),
  refused('a blank before a colon', 'GET PATH HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n'),
  refused('a zero byte in a value', 'GET PATH HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n'),
  refused('a bare carriage return', 'GET PATH HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n'),
  refused('five empty lines before it', `${'\r\n'.repeat(5)}GET PATH HTTP/1.1\r\n\r\n`),
  refused('a long request line', `GET PATH?${'a'.repeat(13_000)} HTTP/1.1\r\n\r\n`, 414),
  refused('a long request line without an end', `GET PATH?${'a'.repeat(13_000)}`, 414),
  refused('long headers', `GET PATH HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(16_384)}`, 431),
  refused('65 headers', `GET PATH HTTP/1.1\r\n${'A: b\r\n'.repeat(65)}\r\n`, 431),
];

/** The bytes of a case, for a path. */
export const requestBytes = ({ head }: RequestCase, path: string): Buffer =>
  Buffer.from(head.replace(PATH_MARK, path), 'latin1');
