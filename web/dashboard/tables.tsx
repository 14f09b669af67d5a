/** The tables: sessions, encoders, machines, failures and warnings of now. */
import type { ComponentChildren } from 'preact';
import type { HistoryEvent } from '../../src/api/dashboard/history-rows.js';
import type {
  EncoderLine,
  MachineLine,
  RefusedLine,
  SessionLine,
  WarningLine,
} from '../../src/api/dashboard/snapshot.js';
import { bytes, causes, plural, time, whole } from './text.js';

interface TableProps {
  readonly name: string;
  readonly heads: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that may be wider than a phone. */
export const Table = ({ name, heads, children }: TableProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys (WCAG 2.1.1).
  <section class="scrolled" tabIndex={0} aria-label={`Table: ${name}`}>
    <table>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);

interface SectionProps {
  readonly id: string;
  readonly name: string;
  readonly children: ComponentChildren;
}

export const Section = ({ id, name, children }: SectionProps) => (
  <section class="card" aria-labelledby={id}>
    <h2 id={id}>{name}</h2>
    {children}
  </section>
);

const State = ({ isOn }: { readonly isOn: boolean }) => (
  <span class={isOn ? 'dot on' : 'dot'}>{isOn ? 'On the air' : 'Off'}</span>
);

const disturbances = ({ failovers, lost }: SessionLine): string => {
  const changes = Object.values(failovers).reduce((sum, count) => sum + count, 0);
  const gone = causes(lost);
  const changed = changes === 0 ? '' : `${plural(changes, 'change')} of parent`;
  return [changed, gone === '' ? '' : `lost: ${gone}`].filter((text) => text !== '').join('; ');
};

const SessionRow = ({
  root,
  session,
}: {
  readonly root: string;
  readonly session: SessionLine;
}) => (
  <tr>
    <th scope="row">
      <a href={`${root}/overlay/${session.path}`} title="The map of its overlay">
        {session.path}
      </a>
      {session.title && <small dir="auto">{session.title}</small>}
    </th>
    <td>
      <State isOn={session.onAir} />
    </td>
    <td class="number">{whole(session.listeners)}</td>
    <td class="number">{whole(session.listenersPeak)}</td>
    <td dir="auto" class="playing">
      {session.playing}
    </td>
    <td class="number">{session.kbps === null ? '' : whole(session.kbps)}</td>
    <td>{disturbances(session)}</td>
  </tr>
);

interface SessionsProps {
  readonly root: string;
  readonly sessions: readonly SessionLine[];
  readonly total: number;
}

export const Sessions = ({ root, sessions, total }: SessionsProps) => (
  <Section id="sessions-name" name="Sessions">
    {total === 0 && (
      <p class="hint">None is announced here yet: see scattercast announce --help.</p>
    )}
    {total > sessions.length && (
      <p class="hint">
        The {sessions.length} with the most listeners, of {whole(total)}.
      </p>
    )}
    {total > 0 && (
      <Table
        name="Sessions"
        heads={['Session', 'State', 'Listeners', 'Most', 'Now playing', 'kbit/s', 'Disturbances']}
      >
        {sessions.map((session) => (
          <SessionRow key={session.path} root={root} session={session} />
        ))}
      </Table>
    )}
  </Section>
);

/** How a source is attached. */
function way({ mount, isPlayed, isSilent, priority }: EncoderLine): string {
  const state = isSilent ? 'silent' : isPlayed ? 'heard' : 'in reserve';
  return `${state}, priority ${priority}${mount === null ? '' : `, at ${mount}`}`;
}

interface EncodersProps {
  readonly encoders: readonly EncoderLine[];
  readonly refused: readonly RefusedLine[];
  readonly now: number;
}

export const Encoders = ({ encoders, refused, now }: EncodersProps) => (
  <Section id="encoders-name" name="Encoders and broadcasters">
    {encoders.length === 0 && <p class="hint">None is attached to this cluster.</p>}
    {encoders.length > 0 && (
      <Table name="Encoders and broadcasters" heads={['Session', 'Name', 'State']}>
        {encoders.map((encoder, index) => (
          <tr key={`${encoder.session} ${index}`}>
            <th scope="row">{encoder.session}</th>
            <td dir="auto">{encoder.name}</td>
            <td dir="auto">{way(encoder)}</td>
          </tr>
        ))}
      </Table>
    )}
    {refused.length > 0 && <h3>Refused</h3>}
    {refused.length > 0 && (
      <Table name="Refused clients" heads={['Session', 'Network', 'Times', 'Last', 'Why']}>
        {refused.map((one) => (
          <tr key={`${one.session} ${one.network} ${one.reason}`}>
            <th scope="row">{one.session}</th>
            <td>{one.network}</td>
            <td class="number">{whole(one.count)}</td>
            <td>{time(Date.parse(one.lastAt), now)}</td>
            <td dir="auto">{one.reason}</td>
          </tr>
        ))}
      </Table>
    )}
  </Section>
);

function loadText({ load }: MachineLine): string {
  if (load === undefined) return '';
  const { cores, memoryFree, memoryTotal, diskFree, diskTotal } = load;
  const disk =
    diskFree === null || diskTotal === null
      ? []
      : [`disk ${bytes(diskFree)} free of ${bytes(diskTotal)}`];
  const memory = `memory ${bytes(memoryFree)} free of ${bytes(memoryTotal)}`;
  return [`load ${load.load.toFixed(1)} on ${plural(cores, 'core')}`, memory, ...disk].join('; ');
}

const machineState = ({ isReady, isActive }: MachineLine): string => {
  if (!isReady) return 'not reached';
  return isActive ? 'ready' : 'is given no SCXs';
};

export const Machines = ({ machines }: { readonly machines: readonly MachineLine[] }) => (
  <Section id="machines-name" name="Machines">
    <Table name="Machines" heads={['Machine', 'State', 'SCXs', 'Listeners', 'Load']}>
      {machines.map((machine) => (
        <tr key={machine.name}>
          <th scope="row">{machine.name}</th>
          <td>{machineState(machine)}</td>
          <td class="number">{whole(machine.scxs)}</td>
          <td class="number">{whole(machine.listeners)}</td>
          <td class="load">{loadText(machine)}</td>
        </tr>
      ))}
    </Table>
  </Section>
);

interface FailuresProps {
  readonly failures: readonly HistoryEvent[];
  readonly now: number;
}

export const Failures = ({ failures, now }: FailuresProps) => (
  <Section id="failures-name" name="What happened">
    {failures.length === 0 && <p class="hint">Nothing has failed.</p>}
    <ol class="log">
      {failures.map((one, index) => (
        <li key={`${one.at} ${index}`}>
          <time dateTime={new Date(one.at).toISOString()}>{time(one.at, now)}</time>
          <span dir="auto">
            {one.session !== '' && <b>{one.session}: </b>}
            {one.text}
          </span>
        </li>
      ))}
    </ol>
  </Section>
);

interface WarningsProps {
  readonly warnings: readonly WarningLine[];
  readonly now: number;
}

export const Warnings = ({ warnings, now }: WarningsProps) => (
  <Section id="warnings-name" name="Last warnings in the logs">
    {warnings.length === 0 && <p class="hint">There are none.</p>}
    <ol class="log">
      {warnings.map((one, index) => (
        <li key={`${one.at} ${index}`}>
          <time dateTime={new Date(one.at).toISOString()}>{time(one.at, now)}</time>
          <span dir="auto">
            <b>{one.level === 'error' ? 'Error' : 'Warning'}</b> <small>{one.from}</small>{' '}
            {one.text}
          </span>
        </li>
      ))}
    </ol>
  </Section>
);
