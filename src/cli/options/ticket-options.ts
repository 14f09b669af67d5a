/** Options of `ticket`. */
import { optional, required, type Settings, type Table } from './option.js';
import { off, oneCluster, optionalText } from './shared-options.js';
import { future } from './time-values.js';
import { secret, text } from './values.js';

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
