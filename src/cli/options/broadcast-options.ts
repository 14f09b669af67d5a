/**
 * Options of the commands that carry sound: into a session (`broadcast`), and out of it (`tune`, `relay`).
 */
import { clusterUrls, icecastTarget, streamUrl } from './address-values.js';
import { optional, required, type Settings, type Table } from './option.js';
import {
  amount,
  announcement,
  duration,
  off,
  optionalText,
  severalClusters,
} from './shared-options.js';
import { bitrate, secondsUpTo, secret, text, whole } from './values.js';

export const broadcastOptions = {
  cluster: severalClusters,
  announcement,
  from: optional(streamUrl, {
    placeholder: 'URL',
    help:
      'broadcast the stream of an Icecast or SHOUTcast server, with its titles, instead of ' +
      'files, like http://icecast.example:8000/live.mp3',
  }),
  loop: off('start again after the last file'),
  shuffle: off('play the files in random order, a new one in each round'),
  bitrate: optional(bitrate, {
    placeholder: 'KBPS',
    help: 're-encode files that are not 44.1 kHz stereo at this bit rate, like 128',
  }),
  priority: amount(
    whole(0, 255),
    128,
    'if a session has several sources, listeners hear the one with the highest priority, 0 to 255',
  ),
  password: optional(secret, {
    placeholder: 'PASSWORD',
    help:
      "the session's source password, which announce has printed; better given as the " +
      'variable, because every user of this machine can see flags',
  }),
} satisfies Table;

/** The values of these options. */
export type BroadcastSettings = Settings<typeof broadcastOptions>;

export const relayOptions = {
  cluster: severalClusters,
  announcement,
  to: required(icecastTarget, {
    placeholder: 'URL',
    help:
      'the mount of the Icecast server, with its source password, like ' +
      'icecast://source:PASSWORD@HOST:8000/live; better given as the variable',
  }),
} satisfies Table;

/** The values of these options. */
export type RelaySettings = Settings<typeof relayOptions>;

export const tuneOptions = {
  cluster: optional(clusterUrls, {
    placeholder: 'URL',
    help:
      'the cluster to use, like http://HOST:8000, or several with commas between: when one fails, the ' +
      'next one is used (default: that of the address, or the one that the domain of this machine names)',
  }),
  channel: amount(
    whole(0, 255),
    1,
    'the channel to receive: 1 is the sound, others as the announcement names them',
  ),
  output: optionalText(
    'WHERE',
    'where to: - for standard output; a new file, with a cue sheet of the titles beside it; a folder ' +
      '(ends with /) for each ADU of a channel as a file; or "exec COMMAND" (default: -)',
  ),
  serve: optional(whole(0, 65_535), {
    placeholder: 'PORT',
    help: 'let players of this machine listen at http://localhost:PORT/, with titles; 0: any free port',
  }),
  interfaceName: optional(text, {
    flag: 'interface',
    placeholder: 'IF',
    help:
      'the network interface through which the multicast of the cluster is received, by its name or its ' +
      'IPv4 address; none: by unicast only (default: the one that leads to the cluster)',
  }),
  ticket: optional(secret, {
    placeholder: 'TICKET',
    help: 'the ticket of a private session, unless the address has it; better given as the variable',
  }),
} satisfies Table;

/** The values of these options. */
export type TuneSettings = Settings<typeof tuneOptions>;

export const sendOptions = {
  cluster: severalClusters,
  announcement,
  channel: required(whole(4, 255), {
    placeholder: 'N',
    help: 'the channel, which the announcement must have: announce --channel',
  }),
  every: duration(secondsUpTo(86_400), 0, 'the time between two ADUs, in seconds'),
  raw: off('send standard input as it comes, and not by lines'),
  hold: off('stay after the last one until Ctrl-C, so that those who come later get it as well'),
  password: optional(secret, {
    placeholder: 'PASSWORD',
    help: 'a source password of the session; better given as the variable',
  }),
} satisfies Table;

/** The values of these options. */
export type SendSettings = Settings<typeof sendOptions>;
