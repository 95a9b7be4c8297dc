// How handoffs go over time: cases, turnaround, tasks and how long they wait, incidents. Each drawing has its figures as a table.
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { api } from '../../api/client';
import type { Series } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { daysOf, groups, histogram, minutes, percentile, perDay, sum } from './series';

const TICK = { fill: 'var(--muted)', fontSize: 12 };
const COLOURS = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)'];
const TOOLTIP = { contentStyle: { background: 'var(--card)', border: '1px solid var(--line)', borderRadius: 8 }, cursor: { fill: 'var(--sunken)' }, isAnimationActive: false };

interface Row {
  [name: string]: string | number;
}

function Figures({ rows, label }: { rows: Row[]; label: string }) {
  const names = Object.keys(rows[0] ?? {});
  return (
    <details className="figures">
      <summary>Figures</summary>
      <div className="matrix-box" tabIndex={0} role="region" aria-label={`Figures: ${label}`}>
        <table className="matrix">
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {words(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={String(row[names[0] ?? ''])}>
                {names.map((name, at) => (at === 0 ? <th key={name} scope="row">{row[name]}</th> : <td key={name}>{row[name]}</td>))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Panel({ title, says, rows, children }: { title: string; says: string; rows: Row[]; children: ReactNode }) {
  const id = title.toLowerCase().replace(/\W+/g, '-');
  return (
    <section className="card chart" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="muted">{says}</p>
      {rows.length === 0 ? (
        <p className="muted chart-none">Nothing in this time.</p>
      ) : (
        <>
          <div className="chart-box" aria-hidden="true">
            {children}
          </div>
          <Figures rows={rows} label={title} />
        </>
      )}
    </section>
  );
}

function Axes({ x, formatX }: { x: string; formatX?: (value: string) => string }) {
  return (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis dataKey={x} tick={TICK} stroke="var(--edge)" tickFormatter={formatX} minTickGap={18} />
      <YAxis allowDecimals={false} tick={TICK} stroke="var(--edge)" width={44} />
    </>
  );
}

const shortDay = (day: string) => day.slice(5);

function Bars({ rows, x, names, stacked }: { rows: Row[]; x: string; names: string[]; stacked?: boolean }) {
  return (
    <ResponsiveContainer width="100%" height={230}>
      <BarChart data={rows} accessibilityLayer={false}>
        <Axes x={x} formatX={x === 'day' ? shortDay : undefined} />
        <Tooltip {...TOOLTIP} />
        {names.length > 1 && <Legend formatter={words} />}
        {names.map((name, at) => (
          <Bar key={name} dataKey={name} name={words(name)} fill={COLOURS[at]} stackId={stacked ? 'all' : undefined} isAnimationActive={false} radius={stacked ? 0 : 3} maxBarSize={42} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

function Backlog({ series, days }: { series: Series; days: string[] }) {
  const change = perDay(days, { asked: series.tasks_created, decided: series.tasks_decided, withdrawn: series.tasks_withdrawn });
  let open = 0;
  const rows = change.map((day) => {
    open += Number(day.asked) - Number(day.decided) - Number(day.withdrawn);
    return { day: day.day, change: open };
  });
  return (
    <Panel title="Backlog" says="Tasks asked for, less those decided or withdrawn, since the first day shown." rows={sum(series.tasks_created) ? rows : []}>
      <ResponsiveContainer width="100%" height={230}>
        <LineChart data={rows} accessibilityLayer={false}>
          <Axes x="day" formatX={shortDay} />
          <Tooltip {...TOOLTIP} />
          <Line dataKey="change" name="Backlog" stroke={COLOURS[0]} strokeWidth={2.5} dot={false} isAnimationActive={false} />
        </LineChart>
      </ResponsiveContainer>
    </Panel>
  );
}

function Turnaround({ series }: { series: Series }) {
  const bounds = series.bucket_minutes;
  const rows = [...groups(series.closed, (row) => `${row.workflow} · ${row.outcome}`)].map(([name, all]) => ({ ended_as: name.split(' · ').map(words).join(' · '), cases: sum(all), half_within: minutes(percentile(all, 0.5, bounds), bounds), nine_of_ten_within: minutes(percentile(all, 0.9, bounds), bounds) }));
  return (
    <Panel title="Turnaround" says="From the beginning of a case to its end, by how it ended." rows={rows}>
      <Bars rows={histogram(series.closed, bounds)} x="length" names={['count']} />
    </Panel>
  );
}

function TaskTimes({ series }: { series: Series }) {
  const bounds = series.bucket_minutes;
  const rows = [...groups(series.tasks_decided, (row) => row.name ?? '')]
    .map(([name, all]) => {
      const late = sum(all.filter((row) => row.in === 'late'));
      return { task: words(name), decided: sum(all), half_within: minutes(percentile(all, 0.5, bounds), bounds), nine_of_ten_within: minutes(percentile(all, 0.9, bounds), bounds), late: `${Math.round((late / sum(all)) * 100)} %` };
    })
    .sort((a, b) => b.decided - a.decided);
  return (
    <Panel title="How long people take" says="From the moment a task is there to its decision." rows={rows}>
      <Bars rows={histogram(series.tasks_decided, bounds)} x="length" names={['count']} />
    </Panel>
  );
}

function Panels({ series }: { series: Series }) {
  const days = daysOf(series);
  const cases = perDay(days, { begun: series.started, ended: series.closed });
  const late = perDay(days, { in_time: series.tasks_decided.filter((row) => row.in === 'in_time'), late: series.tasks_decided.filter((row) => row.in === 'late') });
  const codes = [...groups(series.incidents, (row) => row.code ?? '')].sort((a, b) => sum(b[1]) - sum(a[1]));
  return (
    <div className="charts">
      <Panel title="Cases" says="Begun and ended on each day." rows={sum(series.started) + sum(series.closed) ? cases : []}>
        <Bars rows={cases} x="day" names={['begun', 'ended']} />
      </Panel>
      <Turnaround series={series} />
      <Panel title="Tasks decided" says="On each day, in time and late." rows={sum(series.tasks_decided) ? late : []}>
        <Bars rows={late} x="day" names={['in_time', 'late']} stacked />
      </Panel>
      <TaskTimes series={series} />
      <Backlog series={series} days={days} />
      <Panel title="Incidents" says="Opened, by cause." rows={codes.map(([code, rows]) => ({ cause: words(code), opened: sum(rows) }))}>
        <Bars rows={perDay(days, Object.fromEntries(codes.slice(0, 4).map(([code, rows]) => [code, rows])))} x="day" names={codes.slice(0, 4).map(([code]) => code)} stacked />
      </Panel>
    </div>
  );
}

const SPANS = ['7', '30', '90', '365'];

export default function Charts() {
  const [days, setDays] = useState('30');
  const { data, error, refetch } = useQuery({ queryKey: ['series', days], queryFn: ({ signal }) => api.get<Series>('/v1/metrics/series', { query: { days }, signal }), refetchInterval: 60_000 });
  const nothing = data && [data.started, data.closed, data.tasks_created].every((rows) => rows.length === 0);
  return (
    <div className="page">
      <div className="card-head">
        <h1>Charts</h1>
        <label className="inline-field">
          <span>The last</span>
          <select value={days} onChange={(event) => setDays(event.target.value)}>
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {span} days
              </option>
            ))}
          </select>
        </label>
      </div>
      {error && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Loading what="the charts" rows={6} /> : nothing ? <Empty title="Nothing has happened in this time" /> : <Panels series={data} />}
    </div>
  );
}
