// What a person has begun to write in a decision. In this tab at once, so that it outlives an expired session; on the server, with the task, when
// they leave it, so that they find it again at another screen. Gone once it is decided.
import { useEffect, useRef, useState } from 'react';
import { api, part } from '../../api/client';
import type { Session } from '../../api/session';
import type { Json, Task } from '../../api/types';
import { keepAtSignOut } from '../../api/sign_in';
import { actingRole } from './tasks';

export interface Draft {
  outcome: string;
  reason: string;
  code?: string; // Of the reason.
  value?: Json; // The form.
  then?: string; // When it was decided, where that can only be entered now.
}

const PREFIX = 'baton.draft.';
const NOTHING: Draft = { outcome: '', reason: '' };

function isEmpty(draft: Draft): boolean {
  return !draft.outcome && !draft.reason && !draft.code && !draft.then && draft.value === undefined;
}

// What the server keeps is any JSON; what is not of this form was saved by something else.
function ofServer(task: Task): Draft {
  const value = task.draft?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NOTHING;
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : '');
  return { outcome: text('outcome'), reason: text('reason'), code: text('code') || undefined, value: value.value, then: text('then') || undefined };
}

// Of this person: another one may sign in at the same tab.
function keyOf(task: Task, session: Session): string {
  return `${PREFIX}${session.subject}.${task.id}`;
}

function read(task: Task, session: Session): Draft {
  const kept = sessionStorage.getItem(keyOf(task, session));
  return kept ? (JSON.parse(kept) as Draft) : ofServer(task);
}

export function useDraft(task: Task, session: Session) {
  const [draft, setDraft] = useState(() => read(task, session));
  const latest = useRef({ draft, saved: JSON.stringify(draft) });
  latest.current.draft = draft;
  const key = keyOf(task, session);
  useEffect(() => {
    if (isEmpty(draft)) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(draft));
  }, [key, draft]);
  useEffect(() => {
    const save = async () => {
      const text = JSON.stringify(latest.current.draft);
      if (text === latest.current.saved) return;
      latest.current.saved = text;
      // Whether it comes there or not, this tab has it.
      await api.post(`/v1/tasks/${part(task.id)}/save`, { body: { value: latest.current.draft }, role: actingRole(task, session) }).catch(() => undefined);
    };
    const onHidden = () => void (document.visibilityState === 'hidden' && save());
    document.addEventListener('visibilitychange', onHidden);
    const signsOut = keepAtSignOut(save);
    return () => {
      document.removeEventListener('visibilitychange', onHidden);
      signsOut();
      void save();
    };
  }, [task.id]);
  const done = () => {
    sessionStorage.removeItem(key);
    latest.current.saved = JSON.stringify(latest.current.draft);
  };
  return { draft, setDraft, done };
}
