// Signing in and out, and proving again who one is.
import { api, ApiError } from './client';
import { becomeSession, nobodyIsSignedIn, type Session, type Ways } from './session';

export async function askWho(): Promise<void> {
  try {
    becomeSession(await api.get<Session>('/v1/me'));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    nobodyIsSignedIn();
  }
}

export function waysToSignIn(): Promise<Ways> {
  return api.get<Ways>('/v1/sign-in');
}

export async function signIn(user: string, password: string): Promise<void> {
  becomeSession(await api.post<Session>('/v1/sign-in', { body: { user, password } }));
}

export async function signInAgain(password: string): Promise<void> {
  becomeSession(await api.post<Session>('/v1/sign-in/again', { body: { password } }));
}

// Other sessions of the same person end with it.
export async function changePassword(password: string, next: string): Promise<void> {
  becomeSession(await api.post<Session>('/v1/me/password', { body: { password, new_password: next } }));
}

// What has to reach the server while somebody is still there.
const kept = new Set<() => Promise<void>>();

export function keepAtSignOut(keep: () => Promise<void>): () => void {
  kept.add(keep);
  return () => void kept.delete(keep);
}

export async function signOut(everywhere = false): Promise<void> {
  await Promise.all([...kept].map((keep) => keep()));
  await api.post('/v1/sign-out', { body: { everywhere } });
  for (const key of Object.keys(sessionStorage)) if (key.startsWith('baton.')) sessionStorage.removeItem(key);
  nobodyIsSignedIn();
}
