/**
 * Options of `announce`: what the announcement says, where it goes, and the session's secrets; and of `ticket`,
 * which lets somebody hear a private session.
 */
import { defaulting, optional, required, type Settings, type Table } from './option.js';
import { off, oneCluster, optionalCluster, optionalText } from './shared-options.js';
import { future, span } from './time-values.js';
import { onOff, secret, text, texts, whole } from './values.js';

export const announceOptions = {
  cluster: optionalCluster,
  name: required(text, {
    placeholder: 'NAME',
    help: "the session's name, like scattercast://radio.example/night",
  }),
  title: optionalText('TEXT', 'the name of the station'),
  description: optionalText('TEXT', 'one sentence about the station'),
  genre: optionalText('TEXT', 'the kind of music'),
  language: optionalText('TAG', 'the language that is spoken, like en or pt-br'),
  homepage: optionalText('URL', "the station's web page"),
  listed: off('list the station in directories of streams: players and relays are told icy-pub: 1'),
  unlisted: off(
    'leave the station out of the directory of clusters and of the page of this one; who knows its ' +
      'address listens as before',
  ),
  // Not `directory`: that is the directory of the cluster, in the same environment and the same file.
  asDirectory: defaulting(onOff, false, {
    flag: 'directory',
    help:
      'announce no station but a directory: a session in which clusters tell each other what is ' +
      'announced at them (docs/directory.md)',
  }),
  image: optionalText(
    'FILE',
    'a picture that pages and players show: PNG, JPEG or WebP, at most 512 KiB and 2048 x 2048 ' +
      'pixels; it stays until --remove-image. What is not given besides stays as it was announced',
  ),
  removeImage: off('remove the picture; what is not given besides stays as it was announced'),
  keep: optional(span, {
    placeholder: 'TIME',
    help:
      'let the cluster keep what was played for so long, if its operator lets it (cluster ' +
      '--keep-max), so that it can be listened to later: 30m, 4h, 7d; 0: no longer. It stays until ' +
      'another --keep',
  }),
  renditions: optional(text, {
    placeholder: 'KBPS,KBPS',
    help:
      'offer the stream at lower bit rates as well, like 64,32: /listen/CREATOR/SESSION.64.mp3; none: ' +
      'no longer. They stay until other --renditions',
  }),
  rendezvous: optional(texts, {
    placeholder: 'LOCATION',
    repeatable: true,
    help:
      'where SCXs of the session find each other: HOST:PORT of an SCX, or the URL ' +
      'http://HOST:8000/rendezvous/CREATOR/SESSION of a cluster; may be repeated ' +
      '(default: the cluster of --cluster)',
  }),
  udp: off(
    'let SCXs send each other datagrams instead of TCP, for links that lose packets ' +
      '(docs/transports.md)',
  ),
  channels: optional(texts, {
    flag: 'channel',
    placeholder: 'ID:WHAT:KBPS',
    repeatable: true,
    help:
      'a further channel, for tune and send: its number, 4 to 239, what it carries, and at how many ' +
      'kbit/s at most, like 7:slides:64; may be repeated',
  }),
  output: optionalText(
    'FILE',
    'also write the XML to this file, for any web server; -: to standard output',
  ),
  page: optionalText(
    'FILE',
    'also write a page of the station to this file, for any web server; its player and what plays ' +
      'come from the cluster',
  ),
  token: optional(secret, {
    placeholder: 'TOKEN',
    help:
      'the admin token of the session, to change or remove its announcement, or to publish it at a ' +
      'further cluster; it is not sent; better given as the variable, because every user of this ' +
      'machine can see flags',
  }),
  operatorToken: optional(secret, {
    placeholder: 'TOKEN',
    help:
      "the cluster operator's token, from the file admin-token in the cluster's data directory, for " +
      'a session that is new there; better given as the variable',
  }),
  dataDir: optional(text, {
    flag: 'data',
    placeholder: 'DIR',
    help:
      'the data directory of a cluster on this machine, in place of a token: who can read it may ' +
      'announce there (default: that of the cluster at the port in --cluster)',
  }),
  password: optional(secret, {
    placeholder: 'PASSWORD',
    help: 'the source password that the session has at another cluster; better as the variable',
  }),
  newPassword: off(
    'replace the source password by a new one; broadcasters that used the old one are disconnected',
  ),
  dj: optionalText(
    'NAME',
    'draw a further source password, which can be taken back; what is not given besides stays as ' +
      'it was announced',
  ),
  priority: optional(whole(0, 255), {
    placeholder: 'N',
    help: "the highest priority that the DJ's sources may have (default: 128)",
  }),
  until: optional(future, {
    placeholder: 'TIME',
    help: "when the DJ's right ends: 2h, 7d, 2026-12-31, 2026-12-31T20:00 (default: never)",
  }),
  removeDj: optionalText(
    'NAME',
    "take a DJ's password back: who broadcasts with it is disconnected",
  ),
  listDjs: off('list the DJs of the session, and change nothing'),
  private: off(
    'let only holders of a ticket listen (scattercast ticket), and only the clusters that the ' +
      'announcement lists carry the session: that of --cluster, and those of --carried-by',
  ),
  carriedBy: optional(texts, {
    placeholder: 'KEY',
    repeatable: true,
    help:
      'the key of a further cluster that may carry a private session, from its /status; may be ' +
      'repeated (default: those of the earlier announcement)',
  }),
  revoke: optional(texts, {
    placeholder: 'ID',
    repeatable: true,
    help: 'make a ticket void, by the id that ticket has printed; may be repeated',
  }),
  public: off('let everybody listen again to a session that was private'),
  webhooks: optional(texts, {
    flag: 'webhook',
    placeholder: 'URL',
    repeatable: true,
    help: "a URL to which the session's events are sent, up to 4 times; none: stop sending them",
  }),
  fallback: optionalText(
    'FILE',
    'an MP3 file that is played over and over while nobody broadcasts; none: remove it',
  ),
  remove: off('remove the announcement'),
  json: off('print the URL and the secrets as one JSON document'),
} satisfies Table;

/** The values of these options. */
export type AnnounceSettings = Settings<typeof announceOptions>;

export const ticketOptions = {
  cluster: oneCluster,
  name: required(text, {
    placeholder: 'NAME',
    help: "the session's name, like scattercast://radio.example/board",
  }),
  token: required(secret, {
    placeholder: 'TOKEN',
    help: 'the admin token of the session; it is not sent; better given as the variable',
  }),
  until: optional(future, {
    placeholder: 'TIME',
    help: 'when the ticket ends: 2h, 7d, 2026-12-31, 2026-12-31T20:00 (default: in a day)',
  }),
  address: optionalText(
    'ADDRESS',
    'the only IP address that may use the ticket; of IPv6 its network (default: any)',
  ),
  json: off('print the URL, the id and the end as one JSON document'),
} satisfies Table;

/** The values of these options. */
export type TicketSettings = Settings<typeof ticketOptions>;
