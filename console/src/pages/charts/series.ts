// From rows of days and buckets to what the charts draw. A length is known to its bucket, so a percentile is the upper bound of the
// bucket in which it lies, and says "at most".
import type { Series, SeriesRow } from '../../api/types';

export function daysOf(series: Series): string[] {
  const days: string[] = [];
  for (let at = Date.parse(series.first); at <= Date.parse(series.last); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

// How many days one point is made of: those of a week where there are many.
const MANY_DAYS = 31;
export function spansOf(days: string[]): number {
  return days.length > MANY_DAYS ? 7 : 1;
}

// "on each day"
export function each(days: string[]): string {
  return spansOf(days) > 1 ? 'in each week' : 'on each day';
}

// Sums by span, each under its first day.
export function perSpan(days: string[], named: { [name: string]: { day: string; count: number }[] }): { day: string; [name: string]: number | string }[] {
  const length = spansOf(days);
  const index = new Map(days.map((day, position) => [day, Math.floor(position / length)]));
  const rows = days.filter((_, at) => at % length === 0).map((day): { day: string; [name: string]: number | string } => ({ day, ...Object.fromEntries(Object.keys(named).map((name) => [name, 0])) }));
  for (const [name, values] of Object.entries(named)) {
    for (const value of values) {
      const row = rows[index.get(value.day) ?? -1];
      if (row) row[name] = Number(row[name]) + value.count;
    }
  }
  return rows;
}

export function sum(rows: { count: number }[]): number {
  return rows.reduce((total, row) => total + row.count, 0);
}

// In minutes; Infinity in the last bucket, null without data.
export function percentile(rows: SeriesRow[], share: number, bounds: number[]): number | null {
  const total = sum(rows);
  if (total === 0) return null;
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const row of rows) counts[row.bucket ?? 0] = (counts[row.bucket ?? 0] ?? 0) + row.count;
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= total * share) return bounds[bucket] ?? Infinity;
  }
  return Infinity;
}

export function minutes(value: number | null, bounds: number[]): string {
  if (value === null) return '–';
  if (value === Infinity) return `over ${minutes(bounds.at(-1) ?? 0, bounds)}`;
  if (value < 60) return `${value} min`;
  if (value < 1440) return `${value / 60} h`;
  return `${Math.round((value / 1440) * 10) / 10} d`;
}

// How many lie in each bucket, from the first to the last that has any.
export function histogram(rows: SeriesRow[], bounds: number[]): { length: string; count: number }[] {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const row of rows) counts[row.bucket ?? 0] = (counts[row.bucket ?? 0] ?? 0) + row.count;
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first < 0) return [];
  return counts.slice(first, last + 1).map((count, at) => ({ length: first + at < bounds.length ? minutes(bounds[first + at] ?? 0, bounds) : minutes(Infinity, bounds), count }));
}

export function groups<Row>(rows: Row[], of: (row: Row) => string): Map<string, Row[]> {
  const all = new Map<string, Row[]>();
  for (const row of rows) all.set(of(row), [...(all.get(of(row)) ?? []), row]);
  return all;
}

// Half of what ended in each span took at most so many hours, by name; null where nothing ended.
export function trend(days: string[], named: { [name: string]: SeriesRow[] }, bounds: number[]): { day: string; [name: string]: number | string | null }[] {
  const length = spansOf(days);
  return days
    .filter((_, at) => at % length === 0)
    .map((day, at) => {
      const span = new Set(days.slice(at * length, (at + 1) * length));
      const half = (rows: SeriesRow[]) => {
        const within = percentile(rows.filter((row) => span.has(row.day)), 0.5, bounds);
        return within === null ? null : Math.round((Math.min(within, bounds.at(-1) ?? within) / 60) * 10) / 10;
      };
      return { day, ...Object.fromEntries(Object.entries(named).map(([name, rows]) => [name, half(rows)])) };
    });
}
