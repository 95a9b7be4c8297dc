// Keys of services: each has a name, roles, and an end; it is told once, and revoked at once.
import { useState, type FormEvent } from 'react';
import { useNow } from '../../api/clock';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Empty, Failed, Loading } from '../../parts/states';
import { when } from '../../words';
import { isOver, useKeys, useMakeKey, useRevoke, type Key } from './rights';
import { RoleNames, RolesField } from './roles_field';
import { TextField } from './text_field';
import { ToldOnce } from './told_once';

const LASTS = [
  ['90d', '90 days'],
  ['365d', 'A year'],
  ['30d', '30 days'],
  ['', 'Until it is revoked'],
] as const;

function MakeKey({ close }: { close: () => void }) {
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<string[]>([]);
  const [lasts, setLasts] = useState<string>(LASTS[0][0]);
  const [certificate, setCertificate] = useState('');
  const [tried, setTried] = useState(false);
  const make = useMakeKey();
  const wrong = { name: name.trim() ? '' : 'Say which service it is for.', roles: roles.length > 0 ? '' : 'Choose at least one: a key without a role may do nothing.' };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong.name || wrong.roles) return;
    const asked = { name: name.trim(), roles, certificate: certificate.trim() || undefined, expires_in: lasts || undefined };
    make.mutate(asked, { onSuccess: (made) => made.key || close() });
  };
  if (make.data?.key) {
    return (
      <ToldOnce title={`The key of ${make.data.name}`} secret={make.data.key} close={close}>
        Put it where the service reads it, as “Authorization: Bearer”.
      </ToldOnce>
    );
  }
  return (
    <Dialog title="Make a key" close={close}>
      <form className="dialog-form" noValidate onSubmit={submit}>
        <div className="two">
          <TextField label="Service" value={name} change={setName} error={(tried && wrong.name) || undefined} />
          <label className="field">
            <span>Good for</span>
            <select value={lasts} onChange={(event) => setLasts(event.target.value)}>
              {LASTS.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        </div>
        <RolesField value={roles} change={setRoles} error={(tried && wrong.roles) || undefined} />
        <TextField
          label="Certificate (if it signs in with one)"
          value={certificate}
          change={setCertificate}
          help="The SHA-256 of its client certificate. Then there is no key to hand over."
        />
        {make.error && <Failed error={make.error} />}
        <DialogEnd close={close} confirm="Make it" pending={make.isPending} />
      </form>
    </Dialog>
  );
}

function Revoke({ row, close }: { row: Key; close: () => void }) {
  const revoke = useRevoke(row.id);
  return (
    <Dialog title={`Revoke the key of ${row.name}`} close={close}>
      <div className="dialog-form">
        <p>From then on whoever has it is refused. A revoked key stays revoked.</p>
        {revoke.error && <Failed error={revoke.error} />}
        <div className="dialog-end">
          <button type="button" className="button" onClick={close}>
            Leave it
          </button>
          <button type="button" className="button primary" disabled={revoke.isPending} onClick={() => revoke.mutate(undefined, { onSuccess: close })}>
            Revoke it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function One({ row, revoke }: { row: Key; revoke: () => void }) {
  const now = useNow();
  const over = isOver(row, now);
  const good = !row.revoked && !over;
  return (
    <li>
      <div>
        <p>
          <strong>{row.name}</strong> <span className="muted">{row.id}</span> <span className={`chip ${good ? 'going' : ''}`}>{row.revoked ? 'Revoked' : over ? 'Over' : 'Good'}</span>
        </p>
        <p className="muted">
          <RoleNames roles={row.roles} />; made {when(row.created_at)}
          {row.expires_at && `, ${over ? 'ended' : 'good until'} ${when(row.expires_at)}`}
          {row.certificate && ', by its certificate'}
        </p>
      </div>
      {good && (
        <button type="button" className="button" onClick={revoke}>
          Revoke<span className="sr-only"> the key of {row.name}</span>
        </button>
      )}
    </li>
  );
}

export function Keys() {
  const { data, error, refetch } = useKeys();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the keys" />;
  const rows = [...data.items].sort((a, b) => Number(a.revoked) - Number(b.revoked) || b.created_at.localeCompare(a.created_at));
  return (
    <section className="card" aria-labelledby="keys">
      <div className="card-head">
        <h2 id="keys">Which services may ask</h2>
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          Make a key
        </button>
      </div>
      {rows.length === 0 && <Empty title="No service has a key" icon="link" />}
      <ul className="plain reviews">
        {rows.map((row) => (
          <One key={row.id} row={row} revoke={() => setRevoking(row)} />
        ))}
      </ul>
      {making && <MakeKey close={() => setMaking(false)} />}
      {revoking && <Revoke row={revoking} close={() => setRevoking(null)} />}
    </section>
  );
}
