// Who is signed in, and what every request says about that. The only file that knows how people sign in.
import { useSyncExternalStore } from 'react';

export interface Session {
  subject: string;
  roles: string[];
}

const KEY = 'baton.session';
let session: Session | null = read();
const listeners = new Set<() => void>();

function read(): Session | null {
  try {
    const kept = sessionStorage.getItem(KEY);
    return kept ? (JSON.parse(kept) as Session) : null;
  } catch {
    return null;
  }
}

function change(next: Session | null) {
  session = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  listeners.forEach((listener) => listener());
}

export function useSession(): Session | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );
}

export async function signIn(subject: string, roles: string[]): Promise<void> {
  change({ subject, roles });
}

export async function signOut(): Promise<void> {
  change(null);
}

// The server said that the session is over. What is on the screen stays.
export function sessionExpired(): void {
  change(null);
}

// Headers for a request that is made in one of the person's roles.
export function identityHeaders(role?: string): Record<string, string> {
  if (!session) return {};
  const headers: Record<string, string> = { 'X-Baton-Subject': session.subject };
  const acting = role ?? session.roles[0];
  if (acting) headers['X-Baton-Role'] = acting;
  return headers;
}
