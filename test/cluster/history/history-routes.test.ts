/**
 * The history at a real front end: listening as CSV and charts, and what strangers and mistaken operators are
 * answered.
 */
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../../src/api/dashboard/history-rows.js';
import type { DashboardSnapshot } from '../../../src/api/dashboard/snapshot.js';
import { openHistory } from '../../../src/cluster/history/history.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, quiet, temporaryFolder } from '../support.js';

const DAY = 86_400;
const now = Math.floor(Date.now() / 1000);
const today = Math.floor(now / DAY) * DAY;
const dayText = (s: number): string => new Date(s * 1000).toISOString().slice(0, 10);

/** Ten seconds of a session. */
const sample = (name: string, at: number, listeners: number, starts = 0): Sample => ({
  ...{ kind: 'session', name, at, measuredMs: 10_000 },
  ...{ listeningMs: listeners * 10_000, peak: listeners, starts },
});

const HOSTILE = '=cmd|\' /C calc\'!A0,"</script><b>"\r\nx';

/** A front end that finds a history. */
async function startWith(samples: readonly Sample[]) {
  const dataDir = temporaryFolder();
  const history = openHistory({ dataDir, bytesMax: 4_000_000, log: quiet });
  history.add(samples);
  await history.events(1);
  await history.close();
  return startFake({ dataDir });
}

describe('The history of a cluster', () => {
  test('is listening as CSV for each session, in days or in all', async () => {
    const yesterday = today - DAY;
    const { get, operator } = await startWith([
      sample('a.example/one', yesterday + 600, 360, 7),
      sample('a.example/one', yesterday + 610, 720),
      sample(HOSTILE, yesterday + 600, 1),
      sample('a.example/one', today, 36, 1),
      { ...sample('hall', today, 36), kind: 'machine' },
    ]);
    const read = async (query: string) => {
      const response = await get(`/api/history.csv?${query}`, { headers: operator });
      return { response, lines: (await response.text()).split('\r\n') };
    };
    const [from, to] = [dayText(yesterday), dayText(today)];
    const { response, lines } = await read(`from=${from}&to=${from}`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="listening-${from}-to-${from}.csv"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const [begin, end] = [`${from}T00:00:00Z`, `${to}T00:00:00Z`];
    expect(lines[0]).toMatch(/^session,from,to,listener_hours,/);
    // The strange name is one field of two lines, which no spreadsheet takes for a formula.
    expect(lines.slice(1, 3).join('\r\n')).toBe(
      `"'=cmd|' /C calc'!A0,""</script><b>""\r\nx",${begin},${end},0.0028,1,1.00,0,0.0028`,
    );
    expect(lines[3]).toBe(`a.example/one,${begin},${end},3.0000,720,540.00,7,0.0056`);
    expect(lines.slice(4)).toEqual(['']);

    const days = await read(`from=${from}&to=${to}`);
    expect(days.lines.filter((line) => line.startsWith('a.example'))).toHaveLength(2);
    const whole = await read(`per=session&from=2001-01-01&to=2099-12-31`);
    const [line, ...more] = whole.lines.filter((one) => one.startsWith('a.example'));
    expect(line?.split(',').slice(3)).toEqual(['3.1000', '720', '372.00', '8', '0.0083']);
    expect(more).toEqual([]);
    expect((await read(`from=2001-01-01&to=2001-02-01`)).lines.slice(1)).toEqual(['']);
    expect((await read('')).lines.length).toBeGreaterThan(3);
    const head = await get('/api/history.csv', { method: 'HEAD', headers: operator });
    expect(head.status).toBe(200);

    const shown = await get('/api/dashboard/history?range=week&by=session', { headers: operator });
    const chart = (await shown.json()) as { series: { name: string }[] };
    expect(chart.series.map(({ name }) => name)).toEqual(['a.example/one', HOSTILE]);
    const machines = await get('/api/dashboard/history?range=week&by=machine', {
      headers: operator,
    });
    const { series } = (await machines.json()) as { series: { name: string }[] };
    expect(series.map(({ name }) => name)).toEqual(['hall']);
  });

  test('is for the operator only', async () => {
    const { get, operator } = await startFake();
    for (const path of ['/api/history.csv', '/api/dashboard/history', '/api/dashboard']) {
      const without = await get(path);
      expect([path, without.status]).toEqual([path, 401]);
      expect(await without.text()).toContain('admin-token');
      const wrong = await get(path, { headers: { authorization: 'Bearer wrong' } });
      expect([path, wrong.status]).toEqual([path, 403]);
      const changing = await get(path, { method: 'POST', headers: operator });
      expect([path, changing.status]).toEqual([path, 405]);
    }
  });

  test('says what is wrong with a question', async () => {
    const { get, operator } = await startFake();
    const answer = async (path: string) => {
      const response = await get(path, { headers: operator });
      return `${response.status} ${await response.text()}`;
    };
    for (const query of [
      ...['from=yesterday', 'to=2026-02-30', 'from=2026-01-01T25:00Z', 'from=1e999', 'from=-1'],
      ...[
        'from=2026-01-01&from=2026-01-02',
        `from=${'9'.repeat(5000)}`,
        'per=hour',
        'per=__proto__',
      ],
      'from=2026-03-01&to=2026-02-01',
    ]) {
      expect(await answer(`/api/history.csv?${query}`)).toMatch(/^400 "(from|to|per)"/);
    }
    for (const query of [
      'range=year',
      'range=__proto__',
      'by=address',
      'by=total',
      'range=day&range=week',
    ]) {
      expect(await answer(`/api/dashboard/history?${query}`)).toMatch(/^400 "range"/);
    }
  });

  test('is not there where the operator wants none', async () => {
    const { get, operator } = await startFake({ historyBytesMax: 0 });
    const response = await get('/api/history.csv', { headers: operator });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('--history');
  });

  test('is measured at the cluster itself, and shows what has failed', async () => {
    const { get, operator, publish, platform } = await startFake();
    const path = 'radio.example/night';
    await publish(path, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const id = `${platform.launches[0]?.id}`;
    const startedAt = new Date().toISOString();
    await platform.renew(id, { listeners: 5, listenersTotal: 9, startedAt });
    await expect
      .poll(async () => (await get('/api/history.csv', { headers: operator })).text())
      .toMatch(new RegExp(`${path},\\S+,5,5.00,9,`));
    platform.exit(id, 7);
    const first = await get('/api/dashboard', { headers: operator });
    const events = first.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    await expect
      .poll(async () => (told += (await events?.read())?.value ?? ''))
      .toContain('ended with exit code 7');
    await events?.cancel();
    const { findings } = JSON.parse(told.split('\n')[0]?.slice(6) ?? '') as DashboardSnapshot;
    const failed = findings.find(({ what }) => what.startsWith(`${path}: its SCX has failed`));
    expect(failed?.what).toContain('ended with exit code 7');
    expect(failed?.todo).toContain('logs');
  });
});
