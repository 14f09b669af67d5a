/**
 * Every parser of the product that reads what strangers write: players, encoders, neighbours, servers
 * that are pulled, authors of announcements and playlists. One list for two questions: does any
 * input make it throw (parsers.test.ts, `npm run fuzz`), and is its time linear in the length of the
 * input, also if the bytes come one by one (`npm run bench -- parsing`)?
 *
 * A parser that is new in `src` gets its entry here.
 */

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ZodType } from 'zod';
import { attachRequestSchema } from '../../src/api/attach.js';
import {
  clusterFactsSchema,
  clustersAnswerSchema,
  listedSessionsSchema,
} from '../../src/api/directory/directory-answer.js';
import { networksAnswerSchema } from '../../src/api/directory/networks-answer.js';
import { roomAnswerSchema } from '../../src/api/locating/room.js';
import { parseRecordLine } from '../../src/api/overlay-map/overlay-record.js';
import { rendezvousAnswerSchema } from '../../src/api/rendezvous.js';
import { scxStatusSchema } from '../../src/api/scx-status.js';
import { parsePlaylist, readingsOf } from '../../src/client/playlist/playlist-file.js';
import { readToMark } from '../../src/cluster/ingest/read-to-mark.js';
import { decodeText } from '../../src/cluster/web/methods.js';
import { ENTRY_BODY_BYTES_MAX } from '../../src/gossamer/core/entry.js';
import { basicAuth } from '../../src/http/server/basic-auth.js';
import { clientAddress, trustIn } from '../../src/http/server/client-address.js';
import { createHeadGate } from '../../src/http/server/head-gate.js';
import {
  HEAD_BYTES_MAX,
  LINE_BYTES_MAX,
  readRequestHead,
  strictHead,
} from '../../src/http/server/request-head.js';
import { isMountOf, priorityOf } from '../../src/icecast/mount.js';
import { NOTICE_BYTES_MAX, parseNotice } from '../../src/icecast/now-playing.js';
import { createHeadRewriter } from '../../src/icecast/response-head.js';
import { createSourceBody } from '../../src/icecast/source-body.js';
import { parseDescription } from '../../src/icecast/stream-description.js';
import { isStreamOf, parseStreamPath } from '../../src/icecast/stream-path.js';
import { parseStreamTitle } from '../../src/icecast/stream-title.js';
import { isTitleUpdate, parseTitleUpdate, withoutSecrets } from '../../src/icecast/title-update.js';
import { IMAGE_BYTES_MAX } from '../../src/image/image-type.js';
import { inspectImage } from '../../src/image/inspect-image.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { parsePlainText, plainText, printableLines } from '../../src/lib/plain-text.js';
import { pathOf } from '../../src/lib/url-path.js';
import { createFormatProbe } from '../../src/mp3/frames/format-probe.js';
import { createFramer } from '../../src/mp3/frames/framer.js';
import { parseId3v1 } from '../../src/mp3/tags/id3v1.js';
import { decodeLegacyText } from '../../src/mp3/tags/legacy-text.js';
import { decodeGroupContent, GROUP_DATAGRAM_BYTES_MAX } from '../../src/multicast/group-content.js';
import { unpackEntry } from '../../src/overlay/entries/entry-body.js';
import { QUERY_BYTES_MAX, readQuery } from '../../src/redirector/dns/read-query.js';
import { readReports } from '../../src/rtp/rtcp.js';
import { verifyAnnouncement } from '../../src/runtime/signed-announcement.js';
import { parseLocation, parseWebAddress } from '../../src/session/location.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { parseSessionId, parseSessionRef } from '../../src/session/session-id.js';
import { parseSessionName, parseSessionPath } from '../../src/session/session-name.js';
import { readGtitm } from '../../src/simulator/topology/gtitm-reader.js';
import { readRtts } from '../../src/simulator/topology/rtt-reader.js';
import { DATAGRAM_BYTES_MAX, decodeContent, decodeHeader } from '../../src/wire/datagram.js';
import { createDecoder, decodeFrames } from '../../src/wire/decoder.js';
import { encodeHello } from '../../src/wire/encoder.js';
import { readLine } from '../../web/overlay/record.js';
import { JPEG, PNG, WEBP } from '../image/pictures.js';
import { NIGHT } from '../scx/support.js';
import { SOME_HELLO } from '../wire/support.js';

/** One input that is being read. */
interface Reading {
  take(piece: Buffer): void;
  end(): void;
}

/** Something that reads bytes of strangers. It must not throw, whatever they are. */
export interface OutsideParser {
  readonly name: string;
  /** The longest input that reaches it, bytes; a stream has no end, and here this length. */
  readonly bytesMax: number;
  /** Well-formed inputs, cut in two, in Latin-1: hostile bytes are put between the parts. */
  readonly frames: readonly (readonly [string, string])[];
  /** Whether the input may come in pieces. */
  readonly isStream: boolean;
  open(): Reading;
}

type Frames = OutsideParser['frames'];

/** What the bodies of documents and JSON have at most, bytes. */
const DOCUMENT_BYTES = 64 * 1024;
const STREAM_BYTES = 64 * 1024;

/** A well-formed input, cut where the hostile bytes come. */
const cut = (bytes: Buffer, at: number): readonly [string, string] => [
  bytes.toString('latin1', 0, at),
  bytes.toString('latin1', at),
];

/** A parser that gets its input at once. */
const whole = (
  name: string,
  bytesMax: number,
  frames: Frames,
  read: (bytes: Buffer) => void,
): OutsideParser => ({
  ...{ name, bytesMax, frames },
  isStream: false,
  open: () => ({ take: read, end: () => undefined }),
});

/** The same for one that reads text, each character a byte. */
const ofText = (
  name: string,
  bytesMax: number,
  frames: Frames,
  read: (text: string) => void,
): OutsideParser => whole(name, bytesMax, frames, (bytes) => read(bytes.toString('latin1')));

/** A parser that is given pieces. */
const stream = (
  name: string,
  bytesMax: number,
  frames: Frames,
  open: () => { take(piece: Buffer): unknown; end?(): unknown },
): OutsideParser => ({
  ...{ name, bytesMax, frames },
  isStream: true,
  open: () => {
    const { take, end } = open();
    return { take: (piece) => void take(piece), end: () => void end?.() };
  },
});

/** A JSON document that a schema describes. What does not match is refused by an exception. */
const ofJson = (name: string, schema: ZodType, before: string, behind: string): OutsideParser => {
  const frames: Frames = [
    [before, behind],
    [`${before}a","b":`, '}'],
    ['[', ']'],
    ['', ''],
  ];
  return whole(name, DOCUMENT_BYTES, frames, (bytes) => {
    try {
      schema.safeParse(JSON.parse(decodeText(bytes) ?? ''));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  });
};

/** A socket without a network: pieces are emitted, answers are dropped. */
function fakeSocket(): Socket {
  const duplex = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  return Object.assign(duplex, { setTimeout: () => duplex }) as unknown as Socket;
}

/** Reads pieces as events of a socket. */
const throughSocket = (begin: (socket: Socket) => void) => () => {
  const socket = fakeSocket();
  begin(socket);
  return {
    take: (piece: Buffer) => socket.emit('data', piece),
    // Synchronous, so that no timer waits for it.
    end: () => {
      socket.emit('close');
      socket.destroy();
    },
  };
};

const headGate = throughSocket((socket) => {
  const options = { headMs: 10_000, pendingMax: 1, secure: undefined, onRequest: () => undefined };
  createHeadGate(options, () => 0).enter(socket);
});

const HEADS: Frames = [
  ['GET /', ' HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['', 'GET / HTTP/1.1\r\n\r\n'],
  ['GET / HTTP/1.1\r\nA: ', '\r\n\r\n'],
  ['GET / HTTP/1.1\r\nA:', 'x\r\n\r\n'],
  ['GET / HTTP/1.1\r\nA:x', 'y\r\n\r\n'],
  ['GET / HTTP/1.1\r\n', ': b\r\n\r\n'],
  ['GET / HTTP/1.1\r\n', ''],
  ['G', ' / HTTP/1.1\r\n\r\n'],
];
const ANSWERS: Frames = [
  ['ICY 200 OK\r\nicy-name:', '\r\n\r\n'],
  ['', 'HTTP/1.0 200 OK\n\n'],
  ['ICY 200 ', ''],
];
const TARGETS: Frames = [
  ['/a', ''],
  ['/a/', '/x'],
  ['/a;', '\n'],
  ['/a?', '\u2028#'],
  ['/radio.example/night', '.mp3'],
  ['http://', '/a'],
];
const TITLES: Frames = [
  ['/admin/metadata?mode=updinfo&mount=/a&song=', ''],
  ['/admin.cgi?pass=', '&mode=updinfo'],
  ['/admin/metadata?', '&charset=latin1'],
];
const PLAIN: Frames = [
  ['', ''],
  ['a', 'b'],
  ['\0', '\n'],
];
const LEVELS = '<a>'.repeat(3);
const DOCUMENTS: Frames = [
  ['<SCATTERCAST name="', '"/>'],
  ['<SCATTERCAST name="scattercast://a.example/b"><DESCRIPTION>', '</DESCRIPTION></SCATTERCAST>'],
  ['<SCATTERCAST ', '/>'],
  ['<SCATTERCAST><RENDEZVOUS>', '</RENDEZVOUS></SCATTERCAST>'],
  ['<SCATTERCAST><!--', '--></SCATTERCAST>'],
  ['<SCATTERCAST><?a ', '?></SCATTERCAST>'],
  ['<SCATTERCAST><![CDATA[', ']]></SCATTERCAST>'],
  ['<SCATTERCAST xmlns:a="', '"><a:a/></SCATTERCAST>'],
  [`${LEVELS}&`, ';'],
  ['', ''],
];
const HELLO = Buffer.from(encodeHello(SOME_HELLO)).toString('latin1');
const PUT = new Map([['transfer-encoding', 'chunked']]);
const CHUNKED_HEAD = {
  ...{ method: 'PUT', target: '/', protocol: 'HTTP/1.1', headers: PUT, bytes: 0 },
};

const isTrusted = trustIn(['127.0.0.1', '10.0.0.0/8']);

/** All of them. */
export const PARSERS: readonly OutsideParser[] = [
  whole('request head', HEAD_BYTES_MAX, HEADS, (bytes) => {
    if (readRequestHead(bytes).kind === 'head') strictHead(bytes);
  }),
  stream('head gate', HEAD_BYTES_MAX, HEADS, headGate),
  stream(
    'SHOUTcast fields',
    8192,
    [
      ['icy-name:', '\r\n\r\n'],
      ['', '\r\n'],
    ],
    throughSocket((socket) => {
      const limits = { bytesMax: 8192, msMax: 10_000 };
      void readToMark(socket, Buffer.alloc(0), 'empty line', limits);
    }),
  ),
  stream('answer of a stream server', HEAD_BYTES_MAX, ANSWERS, () => {
    const rewriter = createHeadRewriter();
    return { take: rewriter.take, end: rewriter.rest };
  }),
  ofText('path of a target', LINE_BYTES_MAX, TARGETS, pathOf),
  ofText('stream path', LINE_BYTES_MAX, TARGETS, (text) => {
    parseStreamPath(text);
    isStreamOf(text, NIGHT);
  }),
  ofText('mount', LINE_BYTES_MAX, TARGETS, (text) => {
    isMountOf(text, NIGHT);
    priorityOf(text);
  }),
  ofText('title update', LINE_BYTES_MAX, TITLES, (text) => {
    isTitleUpdate(text);
    parseTitleUpdate(text);
    withoutSecrets(text);
  }),
  ofText(
    'Authorization',
    HEAD_BYTES_MAX,
    [
      ['Basic ', ''],
      ['Basic', '='],
      ['Basic ', '!'],
    ],
    basicAuth,
  ),
  ofText(
    'X-Forwarded-For',
    HEAD_BYTES_MAX,
    [
      ['10.0.0.1', ', 10.0.0.1'],
      ['', ''],
      ['10.0.0.1, ', ''],
    ],
    (text) => clientAddress('127.0.0.1', text, isTrusted),
  ),
  ofText("encoder's description", HEAD_BYTES_MAX, PLAIN, (text) =>
    parseDescription(new Map([['ice-name', text]])),
  ),
  whole(
    'ICY title',
    4080,
    [
      ["StreamTitle='", "';"],
      ["StreamTitle='", ''],
      ["StreamTitle='a", "';StreamUrl='b';"],
    ],
    parseStreamTitle,
  ),
  stream(
    'chunked body',
    STREAM_BYTES,
    [
      ['10;', '\r\n'],
      ['1', '\r\n'],
      ['', ''],
    ],
    () => {
      const body = createSourceBody(CHUNKED_HEAD);
      return { take: body.push };
    },
  ),
  stream(
    'MP3 frames and tags',
    STREAM_BYTES,
    [
      ['', ''],
      ['\xff\xfb\x90\x64', '\xff\xfb'],
      ['ID3\x03\0\0\0\x7f\x7f\x7fTIT2\0\0\x40\0\0\0\0', ''],
      ['ID3\x04\0\x80\0\x7f\x7f\x7fTIT2\0\0\x40\0\0\0\x01', ''],
      ['LYRICSBEGIN', 'LYRICSEN'],
      ['APETAGEX\xd0\x07\0\0', ''],
    ],
    () => {
      const framer = createFramer();
      return { take: framer.push, end: framer.end };
    },
  ),
  stream('format probe', STREAM_BYTES, PLAIN, () => {
    const probe = createFormatProbe();
    return { take: probe.look };
  }),
  whole('ID3v1 tag', 128, [['TAG', '\0'.repeat(64)]], parseId3v1),
  whole('legacy text', DOCUMENT_BYTES, [...PLAIN, ['\xc3\xa4', '\xff']], decodeLegacyText),
  ofText('plain text', DOCUMENT_BYTES, PLAIN, (text) => {
    plainText(text, 512);
    parsePlainText('a text', text, 512);
    printableLines(text);
  }),
  whole(
    'now-playing notice',
    NOTICE_BYTES_MAX,
    [
      ['{"title":"', '","from":1}'],
      ['{"from":', '}'],
      ['', ''],
    ],
    parseNotice,
  ),
  whole(
    'body of an entry',
    ENTRY_BODY_BYTES_MAX,
    [
      ['\u0000', ''],
      ['\u0001', ''],
      ['', ''],
    ],
    unpackEntry,
  ),
  whole(
    'question of DNS',
    QUERY_BYTES_MAX,
    [
      ['\u0000\u0001\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0001', ''],
      ['\u0000\u0001\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0001', ''],
      ['', ''],
    ],
    readQuery,
  ),
  ofText('announcement', DOCUMENT_BYTES, DOCUMENTS, (text) => {
    const parsed = parseAnnouncement(text);
    if (parsed.ok) verifyAnnouncement(parsed.value, 0);
  }),
  ofText(
    'session name',
    DOCUMENT_BYTES,
    [
      ['scattercast://', '/b'],
      ['scattercast://a.example/', ''],
    ],
    (text) => {
      parseSessionName(text);
      parseSessionId(text);
      parseSessionRef(text);
      parseSessionPath(text);
    },
  ),
  ofText(
    'rendezvous location',
    DOCUMENT_BYTES,
    [
      ['', ':80'],
      ['[', ']:80'],
      ['http://', '/'],
      ['http://a/', ''],
    ],
    (text) => {
      parseLocation(text);
      parseWebAddress('a page', text, 2048);
      splitHostPort(text);
    },
  ),
  whole(
    'picture',
    IMAGE_BYTES_MAX,
    [cut(PNG, 33), cut(JPEG, 20), cut(JPEG, JPEG.length - 4), cut(WEBP, 20)],
    inspectImage,
  ),
  whole('body of a request', DOCUMENT_BYTES, PLAIN, decodeText),
  ofJson('room of a cluster', roomAnswerSchema, '{"urls":["http://', '"]}'),
  ofJson('networks of a cluster', networksAnswerSchema, '{"networks":[["192.0.2.0",', ']]}'),
  ofJson('clusters of a directory', clustersAnswerSchema, '{"clusters":[{"key":"', '"}]}'),
  ofJson('sessions of a directory', listedSessionsSchema, '{"sessions":[{"key":"', '"}]}'),
  ofJson('facts about a cluster', clusterFactsSchema, '{"urls":["http://', '"]}'),
  ofJson('attach request', attachRequestSchema, '{"announcement":"', '","role":"source"}'),
  ofJson('answer of a rendezvous point', rendezvousAnswerSchema, '{"address":"', '"}'),
  whole('overlay record', DOCUMENT_BYTES, [['{"kind":"scx","id":"', '"}']], (bytes) =>
    parseRecordLine(decodeText(bytes) ?? ''),
  ),
  whole('overlay record of the page', DOCUMENT_BYTES, [['{"kind":"scx","id":"', '"}']], (bytes) =>
    readLine(decodeText(bytes) ?? ''),
  ),
  ofJson('lease', scxStatusSchema, '{"session":"', '","neighbours":[]}'),
  ofText(
    'topology file',
    STREAM_BYTES,
    [
      ['', ''],
      ['0 1 ', '\n1 0 2\n'],
      ['VERTICES ', '\n'],
    ],
    (text) => {
      readGtitm(text);
      readRtts(text);
    },
  ),
  stream(
    'frames of a neighbour',
    STREAM_BYTES,
    [
      [HELLO, ''],
      ['', ''],
      [`${HELLO}\0\0\x10\0\x02`, ''],
      [`${HELLO}\0\0\x10\0\x05`, ''],
    ],
    () => {
      const decoder = createDecoder();
      return { take: decoder.push };
    },
  ),
  whole('datagram', DATAGRAM_BYTES_MAX, [['\x02', '']], (bytes) => {
    decodeHeader(bytes);
    const datagram = decodeContent(bytes);
    if (datagram.ok && datagram.value.kind === 'frames') decodeFrames(datagram.value.frames);
  }),
  whole(
    'group datagram',
    GROUP_DATAGRAM_BYTES_MAX,
    [
      ['\x10', ''],
      ['\x11', ''],
      ['\x12', ''],
    ],
    (bytes) => {
      decodeGroupContent(bytes);
    },
  ),
  whole('RTCP', 1500, [['\x80\xc9\x00\x01', '']], (bytes) => {
    readReports(bytes);
  }),
  whole(
    'playlist',
    STREAM_BYTES,
    [
      ['#EXTINF:1', ',a\na.mp3'],
      ['#EXTINF:"', 'a'],
      ['[playlist]\nFile1=', '\nTitle1=a'],
      ['[playlist]\n', '=1'],
      ['file:///', '\u2028'],
      ['', ''],
    ],
    (bytes) => {
      for (const { path } of parsePlaylist(bytes)) readingsOf(path);
    },
  ),
];
