// What people have said to each other about a task.
import { useState, type FormEvent } from 'react';
import { may, type Session } from '../../api/session';
import type { Comment, Task } from '../../api/types';
import { Failed } from '../../parts/states';
import { ago, when } from '../../words';
import { useActOnTask } from './tasks';

function said(comment: Comment): string {
  return typeof comment.text === 'string' ? comment.text : (comment.text.text ?? JSON.stringify(comment.text));
}

export function Comments({ task, session, now, open }: { task: Task; session: Session; now: number; open: boolean }) {
  const [text, setText] = useState('');
  const act = useActOnTask(task, session);
  const comments = task.comments ?? [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) act.mutate({ action: 'comment', body: { value: text.trim() } }, { onSuccess: () => setText('') });
  };
  const writes = open && may('task.work');
  if (comments.length === 0 && !writes) return null;
  return (
    <section className="comments" aria-labelledby="comments">
      <h3 id="comments">Comments</h3>
      <ul className="plain">
        {comments.map((comment) => (
          <li key={comment.at + comment.by}>
            <p>{said(comment)}</p>
            <p className="muted" title={when(comment.at)}>
              {comment.by}, {ago(comment.at, now)}
            </p>
          </li>
        ))}
      </ul>
      {writes && (
        <form className="comment-form" onSubmit={submit}>
          <label className="sr-only" htmlFor="comment">
            Comment
          </label>
          <input id="comment" value={text} placeholder="Say something to whoever looks at this" autoComplete="off" onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="button" disabled={act.isPending || !text.trim()}>
            Comment
          </button>
        </form>
      )}
      {act.error && <Failed error={act.error} />}
    </section>
  );
}
