// Where a person decides: one of the task's outcomes, what it asks for, and why. What was written stays until it is decided.
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/client';
import type { Session } from '../../api/session';
import type { Outcome, Task } from '../../api/types';
import { answered, partOf, type Schema } from '../../parts/form/schema';
import { SchemaForm } from '../../parts/form/schema_form';
import { Failed } from '../../parts/states';
import { instantOf, words } from '../../words';
import { useDraft } from './drafts';
import { useActOnTask } from './tasks';

export function titleOf(outcome: Outcome): string {
  return outcome.title || words(outcome.name);
}

// The part of the form that an outcome asks for; undefined where it asks for none.
export function formFor(schema: Schema | undefined, outcome: Outcome | undefined): Schema | undefined {
  if (!schema || outcome?.form_part === 'none') return undefined;
  return outcome?.form_part ? partOf(schema, outcome.form_part) : schema;
}

interface Props {
  task: Task;
  schema?: Schema; // Of its form, if it has one.
  session: Session;
  now: number;
  decided: (outcome: string) => void;
}

export function DecisionForm({ task, schema, session, now, decided }: Props) {
  const act = useActOnTask(task, session);
  const { draft, setDraft, done } = useDraft(task, session);
  const [tried, setTried] = useState(false);
  const [late] = useState(Boolean(draft.then)); // What is filled in is in sight.
  const [openedAt] = useState(() => new Date(now).toISOString());
  const form = useRef<HTMLFormElement>(null);
  const chosen = task.outcomes.find((outcome) => outcome.name === draft.outcome);
  const asked = formFor(schema, chosen);
  const codes = chosen?.reason_codes ?? [];
  const wrong = act.error instanceof ApiError ? act.error.fields : [];
  const noReason = tried && Boolean(chosen?.reason_required) && !draft.reason.trim();
  const noCode = tried && codes.length > 0 && !codes.some((each) => each.code === draft.code);
  // Whoever cannot see the marks is brought to the first field that is wrong.
  useEffect(() => {
    if (wrong.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [act.error]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (act.isPending) return; // By keyboard a form is sent whatever its button says.
    setTried(true);
    const missing = !chosen ? 'outcome-0' : codes.length > 0 && !codes.some((each) => each.code === draft.code) ? 'reason-code' : chosen.reason_required && !draft.reason.trim() ? 'reason' : '';
    if (missing) return document.getElementById(missing)?.focus();
    const value = asked && schema ? answered(asked, draft.value ?? {}, schema) : undefined;
    act.mutate(
      { action: 'decide', body: { outcome: draft.outcome, reason: draft.reason.trim(), reason_code: codes.length > 0 ? draft.code : undefined, version: task.version, value, opened_at: openedAt, occurred_at: instantOf(draft.then ?? '') } },
      {
        onSuccess: () => {
          done();
          decided(chosen ? titleOf(chosen) : draft.outcome);
        },
      },
    );
  };

  return (
    <form className="decision" id="decision" ref={form} onSubmit={submit} noValidate aria-label="Decision">
      <fieldset aria-describedby={tried && !chosen ? 'outcome-error' : undefined}>
        <legend>Your decision</legend>
        <div className="outcomes">
          {task.outcomes.map((outcome, number) => (
            <label key={outcome.name} className="outcome">
              <input type="radio" id={`outcome-${number}`} name="outcome" value={outcome.name} checked={draft.outcome === outcome.name} onChange={() => setDraft({ ...draft, outcome: outcome.name })} />
              <span>{titleOf(outcome)}</span>
              {number < 9 && <kbd aria-hidden="true">{number + 1}</kbd>}
            </label>
          ))}
        </div>
        {tried && !chosen && (
          <p className="field-error" id="outcome-error">
            Choose one of the outcomes.
          </p>
        )}
      </fieldset>
      {wrong.length > 0 && (
        <p className="notice warn" role="alert">
          Not decided yet: {wrong.length === 1 ? 'one answer needs' : `${wrong.length} answers need`} another look. What you wrote is kept.
        </p>
      )}
      {asked && schema && <SchemaForm schema={asked} root={schema} value={draft.value} errors={wrong} change={(value) => setDraft({ ...draft, value })} />}
      {codes.length > 0 && (
        <div className="field">
          <label htmlFor="reason-code">
            Reason code <span className="muted">(required)</span>
          </label>
          <select id="reason-code" value={draft.code ?? ''} aria-required aria-invalid={noCode} aria-describedby={noCode ? 'reason-code-error' : undefined} onChange={(event) => setDraft({ ...draft, code: event.target.value })}>
            <option value="">Choose</option>
            {codes.map((each) => (
              <option key={each.code} value={each.code}>
                {each.title || words(each.code)}
              </option>
            ))}
          </select>
          {noCode && (
            <p className="field-error" id="reason-code-error">
              Say which of these it is.
            </p>
          )}
        </div>
      )}
      <div className="field">
        <label htmlFor="reason">Reason {chosen?.reason_required ? <span className="muted">(required)</span> : <span className="muted">(if there is more to say)</span>}</label>
        <textarea id="reason" rows={3} value={draft.reason} aria-required={chosen?.reason_required} aria-invalid={noReason} aria-describedby={noReason ? 'reason-error' : undefined} onChange={(event) => setDraft({ ...draft, reason: event.target.value })} />
        {noReason && chosen && (
          <p className="field-error" id="reason-error">
            {titleOf(chosen)} needs a reason.
          </p>
        )}
      </div>
      <details className="late-entry" open={late}>
        <summary>It was decided earlier</summary>
        <div className="field">
          <label htmlFor="decided-at">When</label>
          <input id="decided-at" type="datetime-local" value={draft.then ?? ''} onChange={(event) => setDraft({ ...draft, then: event.target.value || undefined })} aria-describedby="decided-at-help" />
          <p className="field-help" id="decided-at-help">
            For what was decided on paper while Baton could not be reached. It goes into the record with both times.
          </p>
        </div>
      </details>
      {act.error && wrong.length === 0 && !(act.error instanceof ApiError && act.error.status === 409) && <Failed error={act.error} />}
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
