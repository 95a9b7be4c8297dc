// The filters that this person keeps: to take up again, to add to, to drop.
import { useRef, useState } from 'react';
import { Icon } from '../../parts/icon';
import { Failed, Loading } from '../../parts/states';
import type { CaseFilter } from './case_filter';
import { useSavedViews } from './views';

export function ViewsMenu({ filter, choose }: { filter: CaseFilter; choose: (filter: CaseFilter) => void }) {
  const saved = useSavedViews();
  const menu = useRef<HTMLDetailsElement>(null);
  const [name, setName] = useState('');
  const take = (chosen: CaseFilter) => {
    choose(chosen);
    if (menu.current) menu.current.open = false;
  };
  return (
    <details
      className="views"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !menu.current?.open) return;
        menu.current.open = false;
        menu.current.querySelector('summary')?.focus();
      }}
    >
      <summary className="button">Views{saved.views.length > 0 && <span className="tab-count">{saved.views.length}</span>}</summary>
      <div className="views-body card">
        {saved.error && <Failed error={saved.error} />}
        {saved.isPending && !saved.error && <Loading what="your views" rows={1} />}
        {!saved.isPending && saved.views.length === 0 && <p className="muted">Keep a filter that you need often. You find it again at every screen.</p>}
        <ul className="plain">
          {saved.views.map((view) => (
            <li key={view.name}>
              <button type="button" className="button quiet" onClick={() => take(view.filter)}>
                {view.name}
              </button>
              <button type="button" className="button quiet icon-button" aria-label={`Forget ${view.name}`} onClick={() => saved.drop(view.name)}>
                <Icon name="close" size={16} />
              </button>
            </li>
          ))}
        </ul>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) saved.keep({ name: name.trim(), filter }, { onSuccess: () => setName('') });
          }}
        >
          <label className="field">
            <span>Keep this filter as</span>
            <input value={name} autoComplete="off" maxLength={60} onChange={(event) => setName(event.target.value)} />
          </label>
          <button type="submit" className="button" disabled={!name.trim()}>
            Keep
          </button>
        </form>
      </div>
    </details>
  );
}
