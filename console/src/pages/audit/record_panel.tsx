// One record: what it says, what lay beside it, and the evidence that it is in the signed ledger.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api } from '../../api/client';
import type { Json } from '../../api/types';
import { saveFile } from '../../parts/save_file';
import { Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';
import { words } from '../../words';
import { EvidenceButton } from './evidence_button';
import { checkpointOf, text, whatOf, type Evidence } from './record';

function Proof({ evidence }: { evidence: Evidence }) {
  const checkpoint = checkpointOf(evidence.proof);
  return (
    <section aria-labelledby="proof">
      <h3 id="proof">Its proof</h3>
      {checkpoint && (
        <p>
          Record {evidence.index} of a ledger of {Number(checkpoint.size).toLocaleString()} records, signed by {checkpoint.signed.join(' and ') || checkpoint.origin}. Root <code>{checkpoint.root}</code>.
        </p>
      )}
      <p className="muted">Need not be believed: the file below can be checked offline, with Baton or without it.</p>
      <pre className="raw" tabIndex={0} aria-label="How to check it">
        baton audit verify {evidence.index}.tlog-proof --key &quot;$(cat ledger.vkey)&quot;
      </pre>
      <div className="actions">
        <button type="button" className="button" onClick={() => saveFile(`${evidence.index}.tlog-proof`, evidence.proof, 'text/plain')}>
          Save the proof
        </button>
        <EvidenceButton about={{ index: String(evidence.index) }} name="Save all evidence" />
      </div>
    </section>
  );
}

function Beside({ beside }: { beside: { [name: string]: string } }) {
  return (
    <>
      {Object.entries(beside).map(([name, json]) => (
        <details key={name}>
          <summary>{words(name)}, in full (the record has its SHA-256)</summary>
          <Facts of={JSON.parse(json) as Json} />
        </details>
      ))}
    </>
  );
}

export function RecordPanel({ index }: { index: string }) {
  const [search, setSearch] = useSearchParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', 'one', index],
    queryFn: ({ signal }) => api.get<Evidence>(`/v1/audit/records/${index}`, { signal }),
    staleTime: Infinity, // A record never changes.
  });
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.scrollIntoView({ block: 'nearest' });
  }, [Boolean(data)]);
  const close = () => {
    const next = new URLSearchParams(search);
    next.delete('record');
    setSearch(next);
  };
  return (
    <section className="card record" aria-labelledby="record" ref={panel}>
      <div className="card-head">
        <h2 id="record">Record {index}</h2>
        <button type="button" className="button quiet" onClick={close}>
          Close
        </button>
      </div>
      {error && <Failed error={error} again={() => void refetch()} />}
      {!data && !error && <Loading what="the record" />}
      {data && (
        <>
          <p className="record-what">{whatOf(data.leaf)}</p>
          <p className="record-links">
            {data.leaf.instance ? <Link to={`/cases/${encodeURIComponent(text(data.leaf.instance))}`}>The case</Link> : null}
            {data.leaf.patient ? <Link to={`/patients/${encodeURIComponent(text(data.leaf.patient))}`}>The patient</Link> : null}
          </p>
          <Facts of={data.leaf} />
          {data.beside && <Beside beside={data.beside} />}
          <Proof evidence={data} />
        </>
      )}
    </section>
  );
}
