// The screen as it was when somebody decided: what they were shown and how old it was, what they filled in, which line of which script asked,
// and in what capacity they acted.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, part } from '../../api/client';
import type { Task, TaskEvidence } from '../../api/types';
import { Failed, Loading } from '../../parts/states';
import { Facts } from '../../parts/values';

function Shown({ evidence }: { evidence: TaskEvidence }) {
  const { task, form, script } = evidence;
  return (
    <div className="evidence">
      <p className="why">{task.request?.why}</p>
      <Facts of={task.request?.data ?? {}} />
      <h4>What the decision is bound to</h4>
      <Facts of={evidence.evidence ?? {}} />
      {form && (
        <p className="muted">
          Form {form.name}, version <code>{form.version.slice(0, 12)}</code>
        </p>
      )}
      {script.text && (
        <>
          <p className="muted">
            Asked for by <code>{script.line}</code> of bundle <code>{script.bundle?.slice(0, 12)}</code>:
          </p>
          <pre className="raw" tabIndex={0} aria-label="The line that asked">
            {script.text.trim()}
          </pre>
        </>
      )}
    </div>
  );
}

export function EvidenceView({ task }: { task: Task }) {
  const [open, setOpen] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['task', 'one', task.id, 'evidence'],
    queryFn: ({ signal }) => api.get<TaskEvidence>(`/v1/tasks/${part(task.id)}/evidence`, { signal }),
    enabled: open,
    staleTime: Infinity, // What was decided does not change.
  });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The screen as it was</summary>
      {error && <Failed error={error} />}
      {open && !data && !error && <Loading what="the evidence" rows={2} />}
      {data && <Shown evidence={data} />}
    </details>
  );
}
