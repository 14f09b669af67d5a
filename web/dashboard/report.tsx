/** Listening as CSV: the form, and the download, which needs the token and therefore is no link. */
import { useState } from 'preact/hooks';
import type { DashboardSnapshot } from '../../src/api/dashboard/snapshot.js';
import { askCsv } from './cluster-api.js';
import { Section } from './tables.js';
import { bytes, whole } from './text.js';

interface ReportProps {
  readonly root: string;
  readonly token: string | undefined;
  readonly history: NonNullable<DashboardSnapshot['history']>;
  readonly now: number;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function save(name: string, file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const historyText = ({ isWritten, bytes: size, lost }: ReportProps['history']): string => {
  const missing = lost === 0 ? '' : ` ${whole(lost)} measurements are missing.`;
  if (!isWritten) return `The history cannot be written now.${missing}`;
  return `The history of this front end has ${bytes(size)}; it holds no addresses.${missing}`;
};

export function Report({ root, token, history, now }: ReportProps) {
  const [from, setFrom] = useState(dayOf(now - 29 * DAY_MS));
  const [to, setTo] = useState(dayOf(now));
  const [per, setPer] = useState('day');
  const [said, setSaid] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSaid('Preparing the file');
    const answer = await askCsv(root, token, { from, to, per });
    if (answer.kind === 'good') save(answer.value.name, answer.value.file);
    setSaid(answer.kind === 'good' ? `${answer.value.name} is saved.` : answer.reason);
  };
  return (
    <Section id="report-name" name="Listening for licensors (CSV)">
      <p class="hint">Days are those of UTC. {historyText(history)}</p>
      <form class="bar" onSubmit={submit}>
        <label>
          From{' '}
          <input
            {...{ type: 'date', value: from, required: true }}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </label>
        <label>
          to{' '}
          <input
            {...{ type: 'date', value: to, required: true }}
            onInput={({ currentTarget }) => setTo(currentTarget.value)}
          />
        </label>
        <label>
          A line for each{' '}
          <select value={per} onChange={({ currentTarget }) => setPer(currentTarget.value)}>
            <option value="day">session and day</option>
            <option value="session">session</option>
          </select>
        </label>
        <button type="submit" class="plain">
          Download
        </button>
      </form>
      <p role="status">{said}</p>
    </Section>
  );
}
