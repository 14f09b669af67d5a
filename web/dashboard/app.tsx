/** The whole page: its connection to the cluster, and its parts. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DashboardSnapshot } from '../../src/api/dashboard/snapshot.js';
import { followEvents, type Live, type LiveState } from '../common/follow-events.js';
import { keptToken, takeToken } from '../common/token.js';
import { Listeners } from './listeners.js';
import { Findings, Login, Tiles } from './overview.js';
import { Report } from './report.js';
import { Encoders, Failures, Machines, Sessions, Warnings } from './tables.js';
import { span } from './text.js';

/** A snapshot of a large cluster, in characters. */
const EVENT_LENGTH_MAX = 4_000_000;

function parse(data: string): DashboardSnapshot | undefined {
  try {
    return JSON.parse(data) as DashboardSnapshot;
  } catch {
    return undefined;
  }
}

/** What the cluster tells, and how the connection is. */
function useCluster(root: string) {
  const [snapshot, setSnapshot] = useState<DashboardSnapshot>();
  const [state, setState] = useState<LiveState>({ kind: 'connecting' });
  const [token, setToken] = useState(takeToken);
  const live = useRef<Live>(undefined);
  const current = useRef(token);
  useEffect(() => {
    live.current = followEvents({
      url: `${root}/api/dashboard`,
      lengthMax: EVENT_LENGTH_MAX,
      token: () => current.current,
      onState: setState,
      onEvent: (data) => setSnapshot((before) => parse(data) ?? before),
    });
  }, [root]);
  const login = (given: string): void => {
    current.current = given;
    setToken(keptToken(given) ?? given);
    live.current?.restart();
  };
  return { snapshot, state, token, login };
}

function notice(state: LiveState): string {
  if (state.kind === 'lost') return `${state.reason}. Trying again.`;
  return state.kind === 'refused' && state.isWrong ? 'That is not the token of the operator.' : '';
}

function summary(snapshot: DashboardSnapshot | undefined): string {
  if (snapshot === undefined) return '';
  const { url, version, startedAt } = snapshot.cluster;
  const since = span(snapshot.at - Date.parse(startedAt));
  return [new URL(url).host, `version ${version}`, `started ${since} ago`].join(' \u00b7 ');
}

export function App({ root }: { readonly root: string }) {
  const { snapshot, state, token, login } = useCluster(root);
  const said = notice(state);
  const isRefused = state.kind === 'refused';
  return (
    <>
      <header>
        <a href={`${root}/`}>
          <img src={`${root}/icon.svg`} alt="All sessions of this cluster" width="40" height="40" />
        </a>
        <div>
          <h1>Dashboard</h1>
          <p id="summary">{isRefused ? '' : summary(snapshot)}</p>
        </div>
      </header>
      <main>
        <p id="notice" role="status" hidden={said === ''}>
          {said}
        </p>
        {isRefused && <Login onToken={login} />}
        {snapshot !== undefined && !isRefused && (
          <Parts root={root} token={token} snapshot={snapshot} isLost={state.kind === 'lost'} />
        )}
      </main>
    </>
  );
}

interface PartsProps {
  readonly root: string;
  readonly token: string | undefined;
  readonly snapshot: DashboardSnapshot;
  readonly isLost: boolean;
}

function Parts({ root, token, snapshot, isLost }: PartsProps) {
  const { findings, sessions, encoders, refused, machines, failures, warnings, at } = snapshot;
  return (
    <div class={isLost ? 'parts stale' : 'parts'}>
      <Findings findings={findings} />
      <Tiles snapshot={snapshot} />
      {snapshot.history !== null && (
        <Listeners
          {...{ root, token, knowsCountries: snapshot.countries !== null }}
          hasMachines={machines.length > 1}
        />
      )}
      <Sessions root={root} sessions={sessions} total={snapshot.cluster.sessions} />
      <Encoders encoders={encoders} refused={refused} now={at} />
      <Machines machines={machines} />
      <Failures failures={failures} now={at} />
      <Warnings warnings={warnings} now={at} />
      {snapshot.history !== null && (
        <Report root={root} token={token} history={snapshot.history} now={at} />
      )}
    </div>
  );
}
