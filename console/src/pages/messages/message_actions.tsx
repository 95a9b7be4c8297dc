// A message that was not understood is mended and read again, or given up.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, part } from '../../api/client';
import type { StoredMessage } from '../../api/types';
import { ReasonDialog } from '../../parts/dialog';
import { Failed } from '../../parts/states';

export function MessageActions({ message }: { message: StoredMessage }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'replay' | 'discard' | null>(null);
  const whole = (message.raw ?? '').replace(/\r\n?/g, '\n');
  const [text, setText] = useState(whole);
  const edited = text !== whole;
  const act = useMutation({
    mutationFn: (reason: string) =>
      api.post(`/v1/messages/${part(message.source)}/${part(message.message_id)}/${asked}`, { body: { reason, ...(asked === 'replay' && edited ? { edited: text.replace(/\n/g, '\r') } : {}) } }),
    onSuccess: () => {
      setAsked(null);
      void queries.invalidateQueries({ queryKey: ['message'] });
    },
  });
  return (
    <div className="actions">
      <button type="button" className="button" onClick={() => { act.reset(); setAsked('replay'); }}>
        Read again
      </button>
      <button type="button" className="button" onClick={() => { act.reset(); setAsked('discard'); }}>
        Give up
      </button>
      {asked && (
        <ReasonDialog title={asked === 'replay' ? 'Read the message again' : 'Give the message up'} confirm={asked === 'replay' ? 'Read again' : 'Give up'} close={() => setAsked(null)} pending={act.isPending} error={act.error && <Failed error={act.error} />} act={(reason) => act.mutate(reason)}>
          {asked === 'replay' ? (
            <label className="field">
              <span>The message; mend it if need be. What came stays in the record.</span>
              <textarea className="mono" rows={9} value={text} onChange={(event) => setText(event.target.value)} />
            </label>
          ) : (
            <p>It will have no effect. It stays in the record.</p>
          )}
        </ReasonDialog>
      )}
    </div>
  );
}
