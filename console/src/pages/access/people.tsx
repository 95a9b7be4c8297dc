// Local people: who may sign in with a password, as what, for which units. Those of the hospital's own accounts are kept there.
import { useState } from 'react';
import { useNow } from '../../api/clock';
import { Empty, Failed, Loading } from '../../parts/states';
import { when } from '../../words';
import { AddPerson, ChangePerson } from './person_form';
import { isOver, useUsers, type User } from './rights';
import { RoleNames } from './roles_field';

function stateOf(user: User, now: number): { text: string; good: boolean } {
  if (user.disabled) return { text: 'Disabled', good: false };
  if (isOver(user, now)) return { text: 'Over', good: false };
  return { text: user.sessions > 0 ? 'Signed in' : 'May sign in', good: true };
}

function Person({ user, change }: { user: User; change: () => void }) {
  const now = useNow();
  const state = stateOf(user, now);
  return (
    <li>
      <div>
        <p>
          <strong>{user.name}</strong> <span className="muted">{user.user}</span> <span className={`chip ${state.good ? 'going' : ''}`}>{state.text}</span>
        </p>
        <p className="muted">
          <RoleNames roles={user.roles} />
          {user.units.length > 0 && `; of ${user.units.join(', ')}`}
          {user.sessions > 1 && `; at ${user.sessions} screens`}
          {user.expires_at && `; until ${when(user.expires_at)}`}
        </p>
      </div>
      <button type="button" className="button" onClick={change}>
        Change<span className="sr-only"> {user.name}</span>
      </button>
    </li>
  );
}

export function People() {
  const { data, error, refetch } = useUsers();
  const [find, setFind] = useState('');
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string | null>(null);
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the people" />;
  const wanted = find.trim().toLowerCase();
  const shown = data.items.filter((user) => [user.user, user.name, ...user.roles, ...user.units].some((text) => text.toLowerCase().includes(wanted)));
  const changed = data.items.find((user) => user.user === changing);
  return (
    <section className="card" aria-labelledby="people">
      <div className="card-head">
        <h2 id="people">Who may sign in</h2>
        <button type="button" className="button primary" onClick={() => setAdding(true)}>
          Add a person
        </button>
      </div>
      {data.items.length > 0 && (
        <label className="field access-find">
          <span>Find by name, role or unit</span>
          <input type="search" value={find} onChange={(event) => setFind(event.target.value)} />
        </label>
      )}
      {data.items.length === 0 && <Empty title="Nobody has a password here yet" icon="person">Add a person, or let people sign in with the hospital’s own accounts.</Empty>}
      {data.items.length > 0 && shown.length === 0 && <Empty title="Nobody matches" icon="search" />}
      <ul className="plain reviews">
        {shown.map((user) => (
          <Person key={user.user} user={user} change={() => setChanging(user.user)} />
        ))}
      </ul>
      {adding && <AddPerson close={() => setAdding(false)} />}
      {changed && <ChangePerson user={changed} close={() => setChanging(null)} />}
    </section>
  );
}
