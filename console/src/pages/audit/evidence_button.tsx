// Puts the evidence together and hands it over; says how far it is, and why not.
import { useState } from 'react';
import { saveFile } from '../../parts/save_file';
import { Failed } from '../../parts/states';
import type { About } from './evidence_pack';

export function EvidenceButton({ about, name = 'Save the evidence' }: { about: About; name?: string }) {
  const [said, setSaid] = useState('');
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    setSaid('Reading the records…');
    try {
      const { evidencePack } = await import('./evidence_pack');
      const zip = await evidencePack(about, (done, of) => setSaid(`${done} of ${of} records`));
      saveFile(`evidence-${Object.values(about)[0]?.replace(/[^\w-]+/g, '_')}.zip`, zip, 'application/zip');
      setSaid('Saved. Begin with index.html in it.');
    } catch (failed) {
      setSaid('');
      setError(failed);
    }
  };
  return (
    <>
      <button type="button" className="button" disabled={said.endsWith('records') || said.endsWith('…')} onClick={() => void save()}>
        {name}
      </button>
      <span role="status" className="muted">
        {said}
      </span>
      {error ? <Failed error={error} /> : null}
    </>
  );
}
