// What each chart is of. Figures are per workflow, decision or task; drawings are of all that the page's choice leaves.
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { OverrideFigures, Series, SeriesRow } from '../../api/types';
import { Failed } from '../../parts/states';
import { words } from '../../words';
import { Bars, Lines, Panel } from './drawing';
import { each, groups, histogram, minutes, percentile, perSpan, spansOf, sum, trend } from './series';

const MOST = 4; // Of colours that can be told apart.

interface Props {
  series: Series;
  days: string[];
}

export function Cases({ series, days }: Props) {
  const rows = perSpan(days, { begun: series.started, ended: series.closed });
  return (
    <Panel title="Cases" says={`Begun and ended ${each(days)}.`} rows={sum(series.started) + sum(series.closed) ? rows : []}>
      <Bars rows={rows} x="day" names={['begun', 'ended']} />
    </Panel>
  );
}

// Half and nine of ten of some lengths, as a table has them.
function lengths(rows: SeriesRow[], bounds: number[]) {
  return { half_within: minutes(percentile(rows, 0.5, bounds), bounds), nine_of_ten_within: minutes(percentile(rows, 0.9, bounds), bounds) };
}

export function Turnaround({ series }: Props) {
  const bounds = series.bucket_minutes;
  const rows = [...groups(series.closed, (row) => `${row.workflow} · ${row.outcome}`)].map(([name, all]) => ({ ended_as: name.split(' · ').map(words).join(' · '), cases: sum(all), ...lengths(all, bounds) })).sort((a, b) => b.cases - a.cases);
  return (
    <Panel title="Turnaround" says="From the beginning of a case to its end: how many took up to so long." rows={rows}>
      <Bars rows={histogram(series.closed, bounds)} x="length" names={['count']} />
    </Panel>
  );
}

// Hours where they are few, else days.
const MANY_HOURS = 96;
function readable(rows: ReturnType<typeof trend>) {
  const longest = Math.max(0, ...rows.flatMap((row) => Object.values(row).filter((value) => typeof value === 'number')));
  if (longest <= MANY_HOURS) return { rows, unit: ' h' };
  const inDays = (value: number | string | null) => (typeof value === 'number' ? Math.round((value / 24) * 10) / 10 : value);
  return { rows: rows.map((row) => ({ ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, inDays(value)])), day: row.day })), unit: ' d' };
}

export function TurnaroundTrend({ series, days }: Props) {
  const bounds = series.bucket_minutes;
  const busiest = [...groups(series.closed, (row) => row.workflow)].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, MOST);
  const { rows, unit } = readable(trend(days, Object.fromEntries(busiest), bounds));
  return (
    <Panel title="Turnaround over time" says={`By workflow: half of the cases that ended ${spansOf(days) > 1 ? 'in that week' : 'on that day'} took at most so many ${unit === ' d' ? 'days' : 'hours'}.`} rows={busiest.length ? rows : []}>
      <Lines rows={rows} x="day" names={busiest.map(([name]) => name)} unit={unit} />
    </Panel>
  );
}

export function Handoffs({ series }: Props) {
  const bounds = series.bucket_minutes;
  const rows = [...groups(series.tasks_taken, (row) => row.name ?? '')].map(([name, all]) => ({ task: words(name), handed_over: sum(all), ...lengths(all, bounds) })).sort((a, b) => b.handed_over - a.handed_over);
  return (
    <Panel title="Handoff" says="From the moment a task is there until whoever decided it had it." rows={rows}>
      <Bars rows={histogram(series.tasks_taken, bounds)} x="length" names={['count']} />
    </Panel>
  );
}

export function TaskTimes({ series }: Props) {
  const bounds = series.bucket_minutes;
  const rows = [...groups(series.tasks_decided, (row) => row.name ?? '')]
    .map(([name, all]) => {
      const late = sum(all.filter((row) => row.in === 'late'));
      return { task: words(name), decided: sum(all), ...lengths(all, bounds), late: `${Math.round((late / sum(all)) * 100)} %` };
    })
    .sort((a, b) => b.decided - a.decided);
  return (
    <Panel title="How long people take" says="From the moment a task is there to its decision." rows={rows}>
      <Bars rows={histogram(series.tasks_decided, bounds)} x="length" names={['count']} />
    </Panel>
  );
}

export function Decided({ series, days }: Props) {
  const late = perSpan(days, { in_time: series.tasks_decided.filter((row) => row.in === 'in_time'), late: series.tasks_decided.filter((row) => row.in === 'late') });
  return (
    <Panel title="Tasks decided" says={`In time and late, ${each(days)}.`} rows={sum(series.tasks_decided) ? late : []}>
      <Bars rows={late} x="day" names={['in_time', 'late']} stacked />
    </Panel>
  );
}

export function Backlog({ series, days }: Props) {
  const change = perSpan(days, { asked: series.tasks_created, decided: series.tasks_decided, withdrawn: series.tasks_withdrawn });
  let open = 0;
  const rows = change.map((day) => {
    open += Number(day.asked) - Number(day.decided) - Number(day.withdrawn);
    return { day: day.day, asked: day.asked ?? 0, decided: day.decided ?? 0, withdrawn: day.withdrawn ?? 0, backlog: open };
  });
  return (
    <Panel title="Backlog" says="Tasks asked for, less those decided or withdrawn, since the first day shown." rows={sum(series.tasks_created) ? rows : []}>
      <Lines rows={rows} x="day" names={['backlog']} />
    </Panel>
  );
}

export function Exceptions({ series, days }: Props) {
  const codes = [...groups(series.incidents, (row) => row.code ?? '')].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, MOST);
  const rows = [...groups(series.started, (row) => row.workflow)]
    .map(([workflow, begun]) => {
      const of = (all: SeriesRow[]) => sum(all.filter((row) => row.workflow === workflow));
      const incidents = of(series.incidents);
      return { workflow: words(workflow), begun: sum(begun), incidents, of_100_begun: Math.round((incidents / sum(begun)) * 1000) / 10, failed: of(series.closed.filter((row) => row.outcome === 'failed')), cancelled: of(series.closed.filter((row) => row.outcome === 'cancelled')) };
    })
    .sort((a, b) => b.of_100_begun - a.of_100_begun);
  return (
    <Panel title="Exceptions" says={`Incidents opened ${each(days)}, by cause; in the figures, how many of a hundred cases that is.`} rows={sum(series.incidents) ? rows : []}>
      <Bars rows={perSpan(days, Object.fromEntries(codes))} x="day" names={codes.map(([code]) => code)} stacked />
    </Panel>
  );
}

function share(overrides: number, decisions: number): string {
  return decisions === 0 ? '–' : `${Math.round((overrides / Math.max(overrides, decisions)) * 1000) / 10} %`;
}

export function Overrides({ days, span, workflow }: { days: string[]; span: string; workflow: string }) {
  const { data, error, refetch } = useQuery({ queryKey: ['series', 'overrides', span], queryFn: ({ signal }) => api.get<OverrideFigures>('/v1/metrics/overrides', { query: { days: span }, signal }), refetchInterval: 60_000 });
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  const wanted = <Row extends { workflow: string }>(rows: Row[]) => rows.filter((row) => !workflow || row.workflow === workflow);
  const rules = wanted(data?.rules ?? []);
  const busiest = [...groups(wanted(data?.days ?? []), (row) => row.rule)].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, MOST);
  return (
    <Panel title="Overrides" says={`Outcomes that people replaced ${each(days)}, by decision or task; in the figures, of how many, and how many were replaced again.`} rows={rules.map((rule) => ({ decision_or_task: `${words(rule.workflow)} · ${words(rule.rule)}`, overrides: rule.overrides, of_decisions: rule.decisions, share: share(rule.overrides, rule.decisions), reversed_later: rule.reversed }))} none={data ? 'Nobody replaced an outcome in this time.' : 'Counting…'}>
      <Bars rows={perSpan(days, Object.fromEntries(busiest))} x="day" names={busiest.map(([rule]) => rule)} stacked />
    </Panel>
  );
}
