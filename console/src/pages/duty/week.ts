// A rota as weeks: which shifts begin on which day, by the clock on the wall here.
import type { Shift } from './roster';

const DAY_MS = 86_400_000;

// Midnight of the Monday of the week in which `now` lies, so many weeks on.
export function mondayOf(now: number, weeks = 0): Date {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - ((day.getDay() + 6) % 7) + weeks * 7);
  return day;
}

// The seven midnights of a week, and the one after: days are not all of one length.
export function daysOf(monday: Date): Date[] {
  return Array.from({ length: 8 }, (_, at) => {
    const day = new Date(monday);
    day.setDate(day.getDate() + at);
    return day;
  });
}

export function beginsIn(shift: Shift, from: Date, to: Date): boolean {
  const at = Date.parse(shift.from);
  return at >= from.getTime() && at < to.getTime();
}

// The same by the clock on the wall, so many days later.
export function later(instant: string, days: number): string {
  const at = new Date(instant);
  at.setDate(at.getDate() + days);
  return at.toISOString();
}

export function moved(shift: Shift, days: number): Shift {
  return { ...shift, from: later(shift.from, days), to: later(shift.to, days) };
}

export function same(a: Shift, b: Shift): boolean {
  return a.person === b.person && (a.role ?? '') === (b.role ?? '') && Date.parse(a.from) === Date.parse(b.from) && Date.parse(a.to) === Date.parse(b.to);
}

// With those of a week once more in the week after; what is there already stays one.
export function withNextWeek(shifts: Shift[], monday: Date): Shift[] {
  const days = daysOf(monday);
  const copies = shifts.filter((shift) => beginsIn(shift, days[0] ?? monday, days[7] ?? monday)).map((shift) => moved(shift, 7));
  return [...shifts, ...copies.filter((copy) => !shifts.some((shift) => same(shift, copy)))];
}

// How many times a day and night shift can be repeated in one go.
export const MOST_DAYS = 28;

export function repeated(shift: Shift, days: number): Shift[] {
  return Array.from({ length: Math.min(Math.max(1, days), MOST_DAYS) }, (_, at) => moved(shift, at));
}

// "07:00–15:00", and how many days later it ends.
export function hours(shift: Shift): string {
  const clock = (instant: string) => new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  const nights = Math.round((new Date(shift.to).setHours(0, 0, 0, 0) - new Date(shift.from).setHours(0, 0, 0, 0)) / DAY_MS);
  return `${clock(shift.from)}–${clock(shift.to)}${nights > 1 ? ` (+${nights} d)` : ''}`;
}
