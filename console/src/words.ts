// How names, times and spans read. One word, one meaning: names come from the scripts, and only their underscores go.

export function words(name: string): string {
  const text = name.replace(/[_.]+/g, ' ').replace(/:(?! )/g, ': ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const UNITS: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
];

// "2 d 3 h", "45 min", "under a minute"; the length, never its direction.
export function span(ms: number): string {
  let left = Math.abs(ms);
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    if (count > 0 && parts.length < 2) parts.push(`${count}\u00a0${unit}`);
    else if (parts.length > 0) break;
    left -= count * size;
  }
  return parts.length > 0 ? parts.join(' ') : 'under a minute';
}

export function when(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

// A day and time as people write them in a field that has no zone, as the API wants it: by the clock on the wall here.
export function instantOf(local: string): string | undefined {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}

// Clock alone for the same day, else with the date.
export function shortWhen(instant: string, now: number): string {
  const at = new Date(instant);
  const clock = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === new Date(now).toDateString()) return clock;
  const sameYear = at.getFullYear() === new Date(now).getFullYear();
  return `${at.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: sameYear ? undefined : 'numeric' })}, ${clock}`;
}

export function ago(instant: string, now: number): string {
  const passed = now - Date.parse(instant);
  return passed < 60_000 ? 'just now' : `${span(passed)} ago`;
}

export type Lateness = 'late' | 'soon' | 'in_time' | 'none';
const SOON_MS = 3_600_000;

export function lateness(due: string | undefined, now: number): Lateness {
  if (!due) return 'none';
  const left = Date.parse(due) - now;
  if (left < 0) return 'late';
  return left < SOON_MS ? 'soon' : 'in_time';
}

export function dueText(due: string | undefined, now: number): string {
  if (!due) return 'No due time';
  const left = Date.parse(due) - now;
  return left < 0 ? `${span(left)} late` : `${span(left)} left`;
}
