// Who is there: in place of everything while nobody is signed in, and over the page when a session has ended under somebody's hands.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError } from '../api/client';
import { useSession } from '../api/session';
import { signIn, waysToSignIn } from '../api/sign_in';
import { Dialog } from '../parts/dialog';

function Form({ who }: { who?: string }) {
  const queries = useQueryClient();
  const ways = useQuery({ queryKey: ['ways'], queryFn: waysToSignIn }).data;
  const [user, setUser] = useState(who ?? '');
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!user.trim() || !password) return setWrong('Give your name and your password.');
    setBusy(true);
    setWrong('');
    try {
      await signIn(user.trim(), password);
      void queries.invalidateQueries();
    } catch (error) {
      setPassword('');
      setWrong(error instanceof Error ? error.message + (error instanceof ApiError && error.cure ? `: ${error.cure}` : '') : 'It did not work.');
      document.getElementById('password')?.focus();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
      {ways?.provider && (
        <a className="button primary" href={ways.provider}>
          Sign in with your hospital account
        </a>
      )}
      {who ? (
        <p>
          You are <strong>{who}</strong>.
        </p>
      ) : (
        <div className="field">
          <label htmlFor="user">Sign-in name</label>
          <input id="user" autoComplete="username" autoFocus value={user} onChange={(event) => setUser(event.target.value)} />
        </div>
      )}
      <div className="field">
        <label htmlFor="password">Password</label>
        <input id="password" type="password" autoComplete="current-password" value={password} aria-describedby={wrong ? 'sign-in-wrong' : undefined} aria-invalid={Boolean(wrong)} onChange={(event) => setPassword(event.target.value)} />
      </div>
      <p className="field-error" id="sign-in-wrong" role="alert">
        {wrong}
      </p>
      <button type="submit" className={`button ${ways?.provider ? '' : 'primary'}`} disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

export function SignIn() {
  return (
    <main className="sign-in" id="main">
      <div className="card">
        <h1>Sign in to Baton</h1>
        <Form />
      </div>
    </main>
  );
}

export function SignInAgain() {
  const session = useSession();
  return (
    <Dialog title="Your session has ended" close={() => {}}>
      <p className="dialog-text">Sign in to go on. Nothing that you have written is lost.</p>
      <Form who={session?.subject} />
    </Dialog>
  );
}
