// Who is signed in, for themselves: what they are here, another password, and signing out at every screen at once.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError } from '../api/client';
import type { Session } from '../api/session';
import { changePassword, signOut } from '../api/sign_in';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { Failed } from '../parts/states';
import { words } from '../words';

const HOW: Record<string, string> = { password: 'with a password', oidc: 'with the hospital’s account' };

function NewPassword() {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const change = useMutation({ mutationFn: () => changePassword(old, next) });
  const differs = tried && next !== again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (old && next && next === again) change.mutate(undefined, { onSuccess: () => [setOld, setNext, setAgain].forEach((set) => set('')) });
  };
  return (
    <details>
      <summary>Another password</summary>
      <form className="dialog-form" onSubmit={submit} noValidate>
        <label className="field">
          <span>Password now</span>
          <input type="password" autoComplete="current-password" value={old} onChange={(event) => setOld(event.target.value)} />
        </label>
        <label className="field">
          <span>New password</span>
          <input type="password" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />
        </label>
        <label className="field">
          <span>New password, once more</span>
          <input type="password" autoComplete="new-password" value={again} aria-invalid={differs} onChange={(event) => setAgain(event.target.value)} />
          {differs && <span className="field-error">The two are not the same.</span>}
        </label>
        {change.error && <Failed error={change.error instanceof ApiError && change.error.status === 401 ? new Error('The password now is another one.') : change.error} />}
        {change.isSuccess && (
          <p className="notice decided" role="status">
            Changed. Other screens at which you were signed in ask for it.
          </p>
        )}
        <button type="submit" className="button" disabled={change.isPending || !old || !next}>
          Change it
        </button>
      </form>
    </details>
  );
}

export function Account({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  const name = session.name || session.subject;
  return (
    <>
      <button type="button" className="button quiet you" onClick={() => setOpen(true)}>
        <Icon name="person" />
        <span className="who">
          <strong>{name}</strong>
          <span>{session.roles.map(words).join(', ')}</span>
        </span>
        <span className="you-short">You</span>
      </button>
      {open && (
        <Dialog title={name} close={() => setOpen(false)}>
          <dl className="facts account">
            <div>
              <dt>Signs in as</dt>
              <dd>{session.subject}</dd>
            </div>
            <div>
              <dt>Roles</dt>
              <dd>{session.roles.map(words).join(', ') || 'none'}</dd>
            </div>
            <div>
              <dt>Units</dt>
              <dd>{session.units.join(', ') || 'none'}</dd>
            </div>
            <div>
              <dt>Signed in</dt>
              <dd>{HOW[session.how] ?? session.how}</dd>
            </div>
          </dl>
          {session.how === 'password' && <NewPassword />}
          <div className="dialog-end">
            <button type="button" className="button" onClick={() => void signOut(true)}>
              Sign out everywhere
            </button>
            <button type="button" className="button primary" onClick={() => setOpen(false)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
