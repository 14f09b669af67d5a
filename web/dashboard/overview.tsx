/** The top of the page: the login, what is not as it should be, and the numbers of now. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DashboardSnapshot, Finding } from '../../src/api/dashboard/snapshot.js';
import { country, plural, whole } from './text.js';

export function Login({ onToken }: { readonly onToken: (token: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState('');
  useEffect(() => field.current?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    onToken(token.trim());
  };
  return (
    <form id="login" class="card" onSubmit={submit}>
      <label for="token">Token of the operator</label>
      <p class="hint">It lies in the data directory of the cluster, in the file admin-token.</p>
      <input
        {...{ id: 'token', type: 'password', autocomplete: 'off', spellcheck: false }}
        {...{ required: true, ref: field, value: token }}
        onInput={({ currentTarget }) => setToken(currentTarget.value)}
      />
      <button type="submit" class="plain">
        Show the dashboard
      </button>
    </form>
  );
}

const WORDS = { red: 'Act now', amber: 'Look at this' } as const;

const FindingCard = ({ level, what, todo }: Finding) => (
  <li class={`finding ${level}`}>
    <p class="level">{WORDS[level]}</p>
    <p class="what" dir="auto">
      {what}
    </p>
    <p class="todo" dir="auto">
      {todo}
    </p>
  </li>
);

export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  const reds = findings.filter(({ level }) => level === 'red').length;
  const said = findings.length === 0 ? 'All is well.' : plural(findings.length, 'thing');
  const text =
    findings.length === 0
      ? said
      : `${said} to look at${reds > 0 ? `, ${whole(reds)} of them urgent` : ''}`;
  return (
    <section aria-labelledby="findings-name">
      <h2 id="findings-name" class={findings.length === 0 ? 'well' : ''}>
        {text}
      </h2>
      {findings.length > 0 && (
        <ul class="findings">
          {findings.map((finding) => (
            <FindingCard key={finding.what} {...finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly more?: string;
}

const Tile = ({ name, value, more }: TileProps) => (
  <div class="tile">
    <dt>{name}</dt>
    <dd>
      {value} {more && <small>{more}</small>}
    </dd>
  </div>
);

/** The countries with the most listeners, in one line. */
const countriesText = ({ countries }: DashboardSnapshot): string =>
  (countries ?? [])
    .slice(0, 4)
    .map(({ code, listeners }) => `${country(code)} ${whole(listeners)}`)
    .join(', ');

export function Tiles({ snapshot }: { readonly snapshot: DashboardSnapshot }) {
  const { cluster, encoders } = snapshot;
  const { listeners, onAir, sessions, scxs, scxsMax } = cluster;
  return (
    <dl class="tiles">
      <Tile name="Listeners" value={whole(listeners)} more={countriesText(snapshot)} />
      <Tile name="On the air" value={whole(onAir)} more={`of ${plural(sessions, 'session')}`} />
      <Tile name="SCXs" value={whole(scxs)} more={`of at most ${whole(scxsMax)}`} />
      <Tile name="Sources" value={whole(encoders.length)} more="attached here" />
    </dl>
  );
}
