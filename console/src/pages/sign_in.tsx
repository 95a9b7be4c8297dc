// Who is there. Shown in place of everything while nobody is signed in.
import { useState, type FormEvent } from 'react';
import { signIn } from '../api/session';

export function SignIn() {
  const [subject, setSubject] = useState('');
  const [roles, setRoles] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!subject.trim()) return setMissing(true);
    void signIn(subject.trim(), roles.split(',').map((role) => role.trim()).filter(Boolean));
  };
  return (
    <main className="sign-in" id="main">
      <form className="card" onSubmit={submit} noValidate>
        <h1>Sign in to Baton</h1>
        <div className="field">
          <label htmlFor="subject">Your name</label>
          <input id="subject" autoComplete="username" autoFocus value={subject} onChange={(event) => setSubject(event.target.value)} aria-invalid={missing} aria-describedby={missing ? 'subject-error' : undefined} />
          {missing && (
            <p className="field-error" id="subject-error">
              Say who you are.
            </p>
          )}
        </div>
        <div className="field">
          <label htmlFor="roles">Your roles</label>
          <input id="roles" value={roles} onChange={(event) => setRoles(event.target.value)} aria-describedby="roles-help" />
          <p className="field-help" id="roles-help">
            With commas between, for example: nurse, discharge_coordinator
          </p>
        </div>
        <button type="submit" className="button primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
