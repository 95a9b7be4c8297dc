// Who is signed in, and what every request says about that. The session itself is a cookie that no script can read; here is only what
// the server says of it.
import { useSyncExternalStore } from 'react';
import { forgetAnswers } from './known';

export interface Session {
  subject: string;
  name: string;
  roles: string[];
  permissions: string[];
  units: string[];
  how: string;
  csrf?: string;
}

export interface Ways {
  ways: string[];
  developer: boolean;
  provider?: string;
}

// `asked` is false until the server has said who is signed in; `again` is true where a session has ended under somebody's hands.
interface State {
  asked: boolean;
  session: Session | null;
  ended: boolean;
}

let state: State = { asked: false, session: null, ended: false };
const listeners = new Set<() => void>();

function become(next: State) {
  state = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSessionState(): State {
  return useSyncExternalStore(subscribe, () => state);
}

export function useSession(): Session | null {
  return useSessionState().session;
}

export function may(permission: string): boolean {
  return state.session?.permissions.includes(permission) ?? false;
}

// What a page has been told for one person is nothing for the next at the same screen. The page says how it is forgotten.
let forgetShown: () => void = () => {};
export function onForget(how: () => void): void {
  forgetShown = how;
}

function forget() {
  forgetAnswers();
  if (state.session) forgetShown();
}

export function becomeSession(session: Session): void {
  if (session.subject !== state.session?.subject) forget();
  become({ asked: true, session, ended: false });
}

export function nobodyIsSignedIn(): void {
  forget();
  become({ asked: true, session: null, ended: false });
}

// The server said that the session is over. What is on the screen stays, below the question who is there.
export function sessionExpired(): void {
  if (state.session && !state.ended) become({ ...state, ended: true });
}

// Headers for a request that is made in one of the person's roles.
export function identityHeaders(method: string, role?: string): Record<string, string> {
  const headers: Record<string, string> = {};
  if (role) headers['X-Baton-Role'] = role;
  if (method !== 'GET' && state.session?.csrf) headers['X-Baton-Csrf'] = state.session.csrf;
  return headers;
}
