// From rows of days and buckets to what the charts draw. A length is known to its bucket, so a percentile is the upper bound of the
// bucket in which it lies, and says "at most".
import type { Series, SeriesRow } from '../../api/types';

export function daysOf(series: Series): string[] {
  const days: string[] = [];
  for (let at = Date.parse(series.first); at <= Date.parse(series.last); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

export function perDay(days: string[], named: { [name: string]: SeriesRow[] }): { day: string; [name: string]: number | string }[] {
  const index = new Map(days.map((day, position) => [day, position]));
  const rows = days.map((day): { day: string; [name: string]: number | string } => ({ day, ...Object.fromEntries(Object.keys(named).map((name) => [name, 0])) }));
  for (const [name, values] of Object.entries(named)) {
    for (const value of values) {
      const row = rows[index.get(value.day) ?? -1];
      if (row) row[name] = Number(row[name]) + value.count;
    }
  }
  return rows;
}

export function sum(rows: SeriesRow[]): number {
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

export function groups(rows: SeriesRow[], of: (row: SeriesRow) => string): Map<string, SeriesRow[]> {
  const all = new Map<string, SeriesRow[]>();
  for (const row of rows) all.set(of(row), [...(all.get(of(row)) ?? []), row]);
  return all;
}
