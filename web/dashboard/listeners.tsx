/** Listeners over time: which time and by what, the chart, and the same as a table. */
import { useEffect, useState } from 'preact/hooks';
import type { HistoryChart } from '../../src/api/dashboard/history-rows.js';
import { Chart } from './chart.js';
import { type Answer, askChart, type By, type Range } from './cluster-api.js';
import { Section, Table } from './tables.js';
import { average, country, time } from './text.js';

interface ListenersProps {
  readonly root: string;
  readonly token: string | undefined;
  readonly knowsCountries: boolean;
  /** The cluster has several machines. */
  readonly hasMachines: boolean;
}

const RANGES: readonly (readonly [Range, string])[] = [
  ['hour', 'Hour'],
  ['day', 'Day'],
  ['week', 'Week'],
  ['month', '30 days'],
];

/** How often the chart is asked for again, ms. */
const REFRESH_MS: Readonly<Record<Range, number>> = {
  ...{ hour: 10_000, day: 60_000, week: 300_000, month: 300_000 },
};

const NAMES: Readonly<Record<By, string>> = {
  ...{ session: 'session', country: 'country', cluster: 'other cluster', machine: 'machine' },
};

/** What a chart shows of now, asked for again and again. */
function useChart({ root, token }: ListenersProps, range: Range, by: By) {
  const [answer, setAnswer] = useState<Answer<HistoryChart>>();
  useEffect(() => {
    let isOver = false;
    const ask = async (): Promise<void> => {
      const told = await askChart(root, token, range, by);
      if (!isOver) setAnswer(told);
    };
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS[range]);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [root, token, range, by]);
  return answer;
}

/** The newest value of a line. */
const last = (values: readonly (number | null)[]): number =>
  values.findLast((value) => value !== null) ?? 0;

const ROWS_MAX = 48;

/** Every so-manieth point, the newest first. */
function rowsOf(chart: HistoryChart): readonly number[] {
  const every = Math.max(1, Math.ceil(chart.total.length / ROWS_MAX));
  return chart.total.flatMap((_, index) => (index % every === 0 ? [index] : [])).toReversed();
}

const NumbersTable = ({ chart }: { readonly chart: HistoryChart }) => (
  <details>
    <summary>The same as a table</summary>
    <Table
      name="Listeners over time"
      heads={['From', 'All', ...chart.series.map(({ name }) => name)]}
    >
      {rowsOf(chart).map((row) => (
        <tr key={row}>
          <th scope="row">{time((chart.from + row * chart.step) * 1000, chart.to * 1000)}</th>
          {[chart.total, ...chart.series.map(({ values }) => values)].map((values, index) => (
            <td key={index} class="number">
              {values[row] == null ? '' : average(values[row] ?? 0)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  </details>
);

const named = (chart: HistoryChart, by: By): HistoryChart =>
  by === 'country'
    ? { ...chart, series: chart.series.map((one) => ({ ...one, name: country(one.name) })) }
    : chart;

function Shown({
  answer,
  by,
}: {
  readonly answer: Answer<HistoryChart> | undefined;
  readonly by: By;
}) {
  if (answer === undefined) return <p class="hint chart-place">Reading the history</p>;
  if (answer.kind === 'bad') return <p class="hint chart-place">{answer.reason}</p>;
  const chart = named(answer.value, by);
  if (chart.total.every((value) => value === null)) {
    return <p class="hint chart-place">Nothing was measured in this time yet.</p>;
  }
  const said = `Listeners over time; now ${average(last(chart.total))}. The table below has the same as text.`;
  return (
    <>
      <Chart chart={chart} label={said} />
      <NumbersTable chart={chart} />
    </>
  );
}

export function Listeners(props: ListenersProps) {
  const [range, setRange] = useState<Range>('hour');
  const [by, setBy] = useState<By>('session');
  const answer = useChart(props, range, by);
  const isKnown = { country: props.knowsCountries, machine: props.hasMachines };
  const choices = Object.keys(NAMES).filter(
    (name) => isKnown[name as keyof typeof isKnown] ?? true,
  );
  return (
    <Section id="listeners-name" name="Listeners over time">
      <div class="bar">
        <fieldset class="choice">
          <legend class="hidden-text">Time</legend>
          {RANGES.map(([value, text]) => (
            <label key={value}>
              <input
                {...{ type: 'radio', name: 'range', value, checked: range === value }}
                onChange={() => setRange(value)}
              />
              <span>{text}</span>
            </label>
          ))}
        </fieldset>
        <label>
          By{' '}
          <select value={by} onChange={({ currentTarget }) => setBy(currentTarget.value as By)}>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {NAMES[choice as By]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Shown answer={answer} by={by} />
    </Section>
  );
}
