// How a person is called and told apart from others of the same name.
import type { Demographics, Incident } from './api/types';
import { words } from './words';

const MASKED = '***'; // What the server sends in place of personal data to those who may not see it.

export function isMasked(value: string | undefined): boolean {
  return value === MASKED;
}

// In quotation marks what somebody said, unless it is hidden or there is nothing.
export function quoted(said: string | undefined): string {
  return said && !isMasked(said) ? `“${said}”` : '';
}

// What an incident says went wrong: its message, unless that is hidden or there is none.
export function causeOf(incident: Incident): string {
  const { message, code } = incident.cause;
  return message && !isMasked(message) ? message : words(code);
}

export function nameOf(person: Demographics | undefined): string {
  const name = person?.name;
  if (!name) return 'Name not known';
  if (name === MASKED) return 'Name hidden';
  if (typeof name === 'string') return name;
  return [name.family, name.given].filter(Boolean).join(', ') || 'Name not known';
}

export function ageOf(person: Demographics | undefined, now: number): number | null {
  if (!person?.birth_date) return null;
  const born = new Date(person.birth_date);
  const today = new Date(now);
  if (Number.isNaN(born.getTime())) return null;
  const before = today.getMonth() < born.getMonth() || (today.getMonth() === born.getMonth() && today.getDate() < born.getDate());
  return today.getFullYear() - born.getFullYear() - (before ? 1 : 0);
}

const SEX: Record<string, string> = { M: 'male', F: 'female', O: 'other', U: 'sex not known' };

// "82 y, male, born 1943-04-23"
export function tellApart(person: Demographics | undefined, now: number): string {
  const age = ageOf(person, now);
  return [age === null ? '' : `${age} y`, person?.sex ? (SEX[person.sex] ?? person.sex) : '', person?.birth_date ? `born ${person.birth_date}` : '']
    .filter(Boolean)
    .join(', ');
}
