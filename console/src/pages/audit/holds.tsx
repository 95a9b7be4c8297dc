// Legal holds: nothing that one covers is erased or pruned, until it is lifted.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, part } from '../../api/client';
import { may } from '../../api/session';
import type { Page } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Empty, Failed, Loading } from '../../parts/states';
import { instantOf, when } from '../../words';

interface Hold {
  id: string;
  patient?: string;
  instance?: string;
  from?: string;
  to?: string;
  matter?: string;
  reason: string;
  placed_by: { subject?: string };
  placed_at: string;
  in_force: boolean;
  lifted_at?: string;
  lifted_by?: { subject?: string };
  lift_reason?: string;
}

function useChanged() {
  const queries = useQueryClient();
  return () => Promise.all([queries.invalidateQueries({ queryKey: ['audit', 'holds'] }), queries.invalidateQueries({ queryKey: ['audit', 'retention'] })]);
}

// What a hold covers, in words.
function Covered({ hold }: { hold: Hold }) {
  const span = hold.from || hold.to ? `${hold.from ? `from ${when(hold.from)}` : 'from the beginning'}${hold.to ? ` to ${when(hold.to)}` : ' on'}` : '';
  return (
    <strong>
      {hold.patient && (
        <>
          The patient <Link to={`/patients/${encodeURIComponent(hold.patient)}`}>{hold.patient}</Link>
        </>
      )}
      {hold.instance && (
        <>
          {hold.patient ? ', the case ' : 'The case '}
          <Link to={`/cases/${encodeURIComponent(hold.instance)}`}>{hold.instance}</Link>
        </>
      )}
      {span && (hold.patient || hold.instance ? `, ${span}` : `Every record ${span}`)}
    </strong>
  );
}

function Place({ close }: { close: () => void }) {
  const changed = useChanged();
  const [about, setAbout] = useState<'patient' | 'instance' | 'span'>('patient');
  const [id, setId] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [matter, setMatter] = useState('');
  const [missing, setMissing] = useState(false);
  const begins = instantOf(from);
  const ends = instantOf(to);
  const whole = about === 'span' ? Boolean(begins ?? ends) : Boolean(id.trim());
  const place = useMutation({
    mutationFn: (reason: string) => api.post<Hold>('/v1/audit/holds', { body: { ...(about === 'span' ? { from: begins, to: ends } : { [about]: id.trim() }), matter: matter.trim() || undefined, reason } }),
    onSuccess: async () => {
      await changed();
      close();
    },
  });
  const act = (reason: string) => {
    setMissing(!whole);
    if (whole) place.mutate(reason);
  };
  return (
    <ReasonDialog title="Place a legal hold" confirm="Place the hold" close={close} pending={place.isPending} error={place.error && <Failed error={place.error} />} act={act}>
      <p>Nothing that it covers is erased or pruned until somebody lifts it.</p>
      <label className="field">
        <span>On</span>
        <select value={about} onChange={(event) => { setAbout(event.target.value as typeof about); setMissing(false); }}>
          <option value="patient">A patient</option>
          <option value="instance">A case</option>
          <option value="span">A span of time</option>
        </select>
      </label>
      {about === 'span' ? (
        <div className="two">
          <label className="field">
            <span>From</span>
            <input type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
          </label>
          <label className="field">
            <span>Until</span>
            <input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />
          </label>
        </div>
      ) : (
        <label className="field">
          <span>{about === 'patient' ? 'Patient (as their page’s address has it)' : 'Case (as its page’s address has it)'}</span>
          <input value={id} autoComplete="off" aria-invalid={missing && !whole} onChange={(event) => setId(event.target.value)} />
        </label>
      )}
      {missing && !whole && <p className="field-error">Say on what.</p>}
      <label className="field">
        <span>Matter (the case or order that asks for it)</span>
        <input value={matter} autoComplete="off" onChange={(event) => setMatter(event.target.value)} />
      </label>
    </ReasonDialog>
  );
}

function Lift({ hold, close }: { hold: Hold; close: () => void }) {
  const changed = useChanged();
  const lift = useMutation({
    mutationFn: (reason: string) => api.post(`/v1/audit/holds/${part(hold.id)}/lift`, { body: { reason } }),
    onSuccess: async () => {
      await changed();
      close();
    },
  });
  return (
    <ReasonDialog title="Lift the hold" confirm="Lift" close={close} pending={lift.isPending} error={lift.error && <Failed error={lift.error} />} act={(reason) => lift.mutate(reason)}>
      <p>What it covers may be erased and pruned again, unless another hold covers it.</p>
    </ReasonDialog>
  );
}

function One({ hold, lift }: { hold: Hold; lift: () => void }) {
  return (
    <li>
      <div>
        <p>
          <Covered hold={hold} /> {hold.matter && <span className="chip">{hold.matter}</span>} {!hold.in_force && <span className="chip">Lifted</span>}
        </p>
        <p className="muted">
          “{hold.reason}”, {hold.placed_by.subject}, {when(hold.placed_at)}
        </p>
        {hold.lifted_at && (
          <p className="muted">
            Lifted: “{hold.lift_reason}”, {hold.lifted_by?.subject}, {when(hold.lifted_at)}
          </p>
        )}
      </div>
      {hold.in_force && may('hold.manage') && (
        <button type="button" className="button" onClick={lift}>
          Lift<span className="sr-only"> the hold {hold.id}</span>
        </button>
      )}
    </li>
  );
}

export function Holds() {
  const [all, setAll] = useState(false);
  const [placing, setPlacing] = useState(false);
  const [lifting, setLifting] = useState<Hold | null>(null);
  const { data, error, refetch } = useQuery({ queryKey: ['audit', 'holds', all], queryFn: ({ signal }) => api.get<Page<Hold>>('/v1/audit/holds', { query: { all: all || undefined }, signal }) });
  return (
    <section className="card" aria-labelledby="holds">
      <div className="card-head">
        <h2 id="holds">Legal holds</h2>
        <div className="actions">
          <label className="check">
            <input type="checkbox" checked={all} onChange={() => setAll(!all)} /> Also those that were lifted
          </label>
          {may('hold.manage') && (
            <button type="button" className="button primary" onClick={() => setPlacing(true)}>
              Place a hold
            </button>
          )}
        </div>
      </div>
      {error && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Loading what="the holds" rows={2} /> : null}
      {data?.items.length === 0 && <Empty title={all ? 'There never was a hold' : 'No hold is in force'} />}
      <ul className="plain reviews">
        {data?.items.map((hold) => (
          <One key={hold.id} hold={hold} lift={() => setLifting(hold)} />
        ))}
      </ul>
      {placing && <Place close={() => setPlacing(false)} />}
      {lifting && <Lift hold={lifting} close={() => setLifting(null)} />}
    </section>
  );
}
