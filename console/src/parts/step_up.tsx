// Some acts ask that a person has proved who they are a moment ago (BT805). Then the password is asked for, and the act goes on.
import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useSession } from '../api/session';
import { signInAgain } from '../api/sign_in';
import { Dialog } from './dialog';

type Waiting = (proved: boolean) => void;
let waiting: Waiting[] = [];
const listeners = new Set<() => void>();

function change(next: Waiting[]) {
  waiting = next;
  listeners.forEach((listener) => listener());
}

// True once the person has proved who they are; false when they leave it.
export function proveAgain(): Promise<boolean> {
  return new Promise((resolve) => change([...waiting, resolve]));
}

export function StepUp() {
  const session = useSession();
  const asked = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting.length > 0,
  );
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState('');
  const end = (proved: boolean) => {
    waiting.forEach((resolve) => resolve(proved));
    setPassword('');
    setWrong('');
    change([]);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await signInAgain(password);
      end(true);
    } catch (error) {
      setPassword('');
      setWrong(error instanceof Error ? error.message : 'It did not work.');
    }
  };
  if (!asked) return null;
  return (
    <Dialog title="Prove that it is you" close={() => end(false)}>
      {session?.how === 'password' ? (
        <form className="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
          <p>This needs to be done by you yourself. Your password shows that it is you, {session.name || session.subject}.</p>
          <div className="field">
            <label htmlFor="again">Password</label>
            <input id="again" type="password" autoComplete="current-password" autoFocus value={password} aria-invalid={Boolean(wrong)} aria-describedby={wrong ? 'again-wrong' : undefined} onChange={(event) => setPassword(event.target.value)} />
          </div>
          <p className="field-error" id="again-wrong" role="alert">
            {wrong}
          </p>
          <div className="dialog-end">
            <button type="button" className="button" onClick={() => end(false)}>
              Leave it
            </button>
            <button type="submit" className="button primary">
              Go on
            </button>
          </div>
        </form>
      ) : (
        <div className="dialog-form">
          <p>This needs to be done by you yourself. Sign in once more with your hospital account, then do it again.</p>
          <div className="dialog-end">
            <button type="button" className="button" onClick={() => end(false)}>
              Leave it
            </button>
            <a className="button primary" href="/v1/sign-in/provider?again=true">
              Sign in again
            </a>
          </div>
        </div>
      )}
    </Dialog>
  );
}
