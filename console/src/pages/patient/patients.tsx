// Finding a person by a number that they have somewhere. Names are not searched: a number is what tells people apart.
import { useState } from 'react';
import { Link } from 'react-router';
import { useNow } from '../../api/clock';
import { usePages } from '../../api/pages';
import type { Patient } from '../../api/types';
import { Empty, Failed, Loading } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { nameOf, tellApart } from '../../people';
import { ago, words } from '../../words';

export function Patients() {
  const now = useNow();
  const [system, setSystem] = useState('');
  const [value, setValue] = useState('');
  const begun = Boolean(system.trim() || value.trim());
  const whole = Boolean(system.trim() && value.trim());
  const { items, more, error, isPending, again } = usePages<Patient>(['patient', 'list'], '/v1/patients', whole ? { system: system.trim(), value: value.trim() } : {});
  const columns: Column<Patient>[] = [
    { key: 'name', head: 'Name', cell: (row) => <Link to={`/patients/${encodeURIComponent(row.id)}`}>{nameOf(row.demographics)}</Link> },
    { key: 'told', head: 'Age, sex, birth', cell: (row) => tellApart(row.demographics, now) },
    { key: 'number', head: 'Number', cell: (row) => row.identifiers[0]?.value },
    { key: 'open', head: 'Open cases', cell: (row) => row.open_instances.map((one) => words(one.workflow)).join(', ') || <span className="muted">none</span> },
    { key: 'last', head: 'Last heard of', cell: (row) => (row.last_at ? ago(row.last_at, now) : '') },
  ];
  return (
    <div className="page">
      <h1>Patients</h1>
      <div className="filters" role="search" aria-label="Patients">
        <label className="inline-field">
          <span>Who gave the number</span>
          <input value={system} onChange={(event) => setSystem(event.target.value)} />
        </label>
        <label className="inline-field grow">
          <span>Number</span>
          <input type="search" value={value} onChange={(event) => setValue(event.target.value)} />
        </label>
      </div>
      <section className="card cases" aria-label="Patients found">
        {begun && !whole ? <Empty title={value.trim() ? 'Say who gave the number' : 'Say the number'} icon="search">A number alone is nobody’s: each house counts for itself.</Empty> : error && items.length === 0 ? <Failed error={error} again={again} /> : isPending ? <Loading what="patients" /> : items.length === 0 ? <Empty title={whole ? 'Nobody has this number' : 'Nobody is known yet'} /> : <Table label="Patients" columns={columns} rows={items} rowKey={(row) => row.id} more={more} />}
      </section>
    </div>
  );
}
