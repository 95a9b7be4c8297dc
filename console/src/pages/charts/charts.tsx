// How handoffs go over time: turnaround, how long tasks wait, overrides and exceptions, backlog. Each drawing has its figures as a table.
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { Series, SeriesRow } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { Backlog, Cases, Decided, Exceptions, Handoffs, Overrides, TaskTimes, Turnaround, TurnaroundTrend } from './panels';
import { daysOf } from './series';

const SPANS = ['7', '30', '90', '365'];

function workflowsIn(series: Series): string[] {
  return [...new Set([...series.started, ...series.closed, ...series.tasks_created].map((row) => row.workflow))].sort();
}

// Of one workflow; all of them where none is named.
function ofWorkflow(series: Series, workflow: string): Series {
  if (!workflow) return series;
  const only = (rows: SeriesRow[]) => rows.filter((row) => row.workflow === workflow);
  return {
    ...series,
    started: only(series.started),
    closed: only(series.closed),
    tasks_created: only(series.tasks_created),
    tasks_taken: only(series.tasks_taken),
    tasks_decided: only(series.tasks_decided),
    tasks_withdrawn: only(series.tasks_withdrawn),
    incidents: only(series.incidents),
  };
}

function Panels({ series, span, workflow }: { series: Series; span: string; workflow: string }) {
  const shown = { series: ofWorkflow(series, workflow), days: daysOf(series) };
  return (
    <div className="charts">
      <Turnaround {...shown} />
      <TurnaroundTrend {...shown} />
      <Handoffs {...shown} />
      <TaskTimes {...shown} />
      <Decided {...shown} />
      <Backlog {...shown} />
      <Overrides days={shown.days} span={span} workflow={workflow} />
      <Exceptions {...shown} />
      <Cases {...shown} />
    </div>
  );
}

export default function Charts() {
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('days') ?? '';
  const span = SPANS.includes(wanted) ? wanted : '30';
  const workflow = search.get('workflow') ?? '';
  const { data, error, refetch } = useQuery({ queryKey: ['series', span], queryFn: ({ signal }) => api.get<Series>('/v1/metrics/series', { query: { days: span }, signal }), refetchInterval: 60_000 });
  const nothing = data && [data.started, data.closed, data.tasks_created].every((rows) => rows.length === 0);
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { replace: true });
  };
  return (
    <div className="page">
      <div className="card-head">
        <h1>Charts</h1>
        <div className="actions">
          <label className="inline-field">
            <span>Workflow</span>
            <select value={workflow} onChange={(event) => choose('workflow', event.target.value)}>
              <option value="">All</option>
              {[...new Set([...(data ? workflowsIn(data) : []), ...(workflow ? [workflow] : [])])].map((name) => (
                <option key={name} value={name}>
                  {words(name)}
                </option>
              ))}
            </select>
          </label>
          <label className="inline-field">
            <span>The last</span>
            <select value={span} onChange={(event) => choose('days', event.target.value)}>
              {SPANS.map((days) => (
                <option key={days} value={days}>
                  {days} days
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {error && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Loading what="the charts" rows={6} /> : nothing ? <Empty title="Nothing has happened in this time" icon="chart" /> : <Panels series={data} span={span} workflow={workflow} />}
    </div>
  );
}
