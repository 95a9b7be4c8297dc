// To somebody's data without the right to it, because it cannot wait: with a reason, for a while, on record, and looked at by somebody else afterwards.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client';
import { may } from '../api/session';
import { ReasonDialog } from './dialog';
import { Failed } from './states';

export function mayBreakGlass(): boolean {
  return !may('patient.read') && may('patient.break_glass');
}

// `path`: /v1/patients/.. or /v1/instances/.., of which somebody's data is wanted.
export function BreakGlassButton({ path }: { path: string }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const open = useMutation({
    mutationFn: (reason: string) => api.post<{ until: string }>(`${path}/break-glass`, { body: { reason } }),
    onSuccess: async () => {
      setAsked(false);
      await queries.resetQueries(); // What was hidden or refused is asked for again.
    },
  });
  return (
    <>
      <button type="button" className="button" onClick={() => { open.reset(); setAsked(true); }}>
        Break the glass
      </button>
      {asked && (
        <ReasonDialog title="Break the glass" confirm="Show me the data" close={() => setAsked(false)} pending={open.isPending} error={open.error && <Failed error={open.error} />} act={(reason) => open.mutate(reason)}>
          <p>You do not have the right to see personal data. In an emergency you can see this one person’s for half an hour.</p>
          <p>
            <strong>That you did, why, and everything that you look at is recorded,</strong> and somebody else will review it.
          </p>
        </ReasonDialog>
      )}
    </>
  );
}
