// Where a person decides: one of the task's outcomes, and why. What was written stays until it is decided.
import { useEffect, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/client';
import type { Session } from '../../api/session';
import type { Task } from '../../api/types';
import { answered, type Schema } from '../../parts/form/schema';
import { SchemaForm } from '../../parts/form/schema_form';
import { Failed } from '../../parts/states';
import { words } from '../../words';
import { dropDraft, keepDraft, readDraft } from './drafts';
import { useActOnTask } from './tasks';

export function reasonRequired(task: Task, outcome: string): boolean {
  const required = task.request?.reason_required;
  return Array.isArray(required) ? required.includes(outcome) : required === true;
}

interface Props {
  task: Task;
  schema?: Schema; // Of its form, if it has one.
  session: Session;
  decided: (outcome: string) => void;
}

export function DecisionForm({ task, schema, session, decided }: Props) {
  const [draft, setDraft] = useState(() => readDraft(task.id));
  const [tried, setTried] = useState(false);
  const act = useActOnTask(task, session);
  const outcomes = task.outcomes.map((each) => each.name);
  const needsReason = reasonRequired(task, draft.outcome);
  const wrong = act.error instanceof ApiError ? act.error.fields : [];
  const noOutcome = tried && !draft.outcome;
  const noReason = tried && needsReason && !draft.reason.trim();
  useEffect(() => keepDraft(task.id, draft), [task.id, draft]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!draft.outcome || (needsReason && !draft.reason.trim())) {
      document.getElementById(draft.outcome ? 'reason' : 'outcome-0')?.focus();
      return;
    }
    const value = schema ? answered(schema, draft.value ?? {}) : undefined;
    act.mutate(
      { action: 'decide', body: { outcome: draft.outcome, reason: draft.reason.trim(), version: task.version, value } },
      {
        onSuccess: () => {
          dropDraft(task.id);
          decided(draft.outcome);
        },
      },
    );
  };

  return (
    <form className="decision" id="decision" onSubmit={submit} noValidate aria-label="Decision">
      <fieldset aria-describedby={noOutcome ? 'outcome-error' : undefined}>
        <legend>Your decision</legend>
        <div className="outcomes">
          {outcomes.map((outcome, number) => (
            <label key={outcome} className="outcome">
              <input type="radio" id={`outcome-${number}`} name="outcome" value={outcome} checked={draft.outcome === outcome} onChange={() => setDraft({ ...draft, outcome })} />
              <span>{words(outcome)}</span>
              {number < 9 && <kbd aria-hidden="true">{number + 1}</kbd>}
            </label>
          ))}
        </div>
        {noOutcome && (
          <p className="field-error" id="outcome-error">
            Choose one of the outcomes.
          </p>
        )}
      </fieldset>
      {schema && <SchemaForm schema={schema} value={draft.value} errors={wrong} change={(value) => setDraft({ ...draft, value })} />}
      <div className="field">
        <label htmlFor="reason">Reason {needsReason ? '(required)' : <span className="muted">(if there is more to say)</span>}</label>
        <textarea id="reason" rows={3} value={draft.reason} aria-required={needsReason} aria-invalid={noReason} aria-describedby={noReason ? 'reason-error' : undefined} onChange={(event) => setDraft({ ...draft, reason: event.target.value })} />
        {noReason && (
          <p className="field-error" id="reason-error">
            {words(draft.outcome)} needs a reason.
          </p>
        )}
      </div>
      {act.error && !(act.error instanceof ApiError && act.error.status === 409) && <Failed error={act.error} />}
      {act.error instanceof ApiError && act.error.status === 409 && (
        <p className="notice warn" role="alert">
          Not decided: {act.error.message}. Look at the task as it is now, and decide again if it is still yours.
        </p>
      )}
      <div className="decision-end">
        <button type="submit" className="button primary" disabled={act.isPending}>
          {act.isPending ? 'Deciding…' : 'Decide'} <kbd aria-hidden="true">Ctrl Enter</kbd>
        </button>
        <p className="muted">Goes into the record with your name, the time, and what you see here.</p>
      </div>
    </form>
  );
}
