// Tabs whose choice is part of the address, so that it can be kept and passed on.
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';

export interface Tab {
  id: string;
  name: string;
  count?: number;
  body: () => ReactNode;
}

interface Props {
  label: string;
  tabs: Tab[];
  param?: string;
  beside?: ReactNode; // Stays while tabs change.
}

export function Tabs({ label, tabs, param = 'tab', beside }: Props) {
  const [search, setSearch] = useSearchParams();
  const list = useRef<HTMLDivElement>(null);
  const chosen = tabs.find((tab) => tab.id === search.get(param)) ?? tabs[0];
  const choose = (tab: Tab | undefined) => {
    if (!tab) return;
    const next = new URLSearchParams(search);
    next.set(param, tab.id);
    setSearch(next, { replace: true });
    document.getElementById(`tab-${tab.id}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !chosen) return;
    event.preventDefault();
    choose(tabs[(tabs.indexOf(chosen) + step + tabs.length) % tabs.length]);
  };
  return (
    <>
      <div className="tabs page-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button key={tab.id} id={`tab-${tab.id}`} type="button" role="tab" className="tab" aria-selected={tab === chosen} aria-controls="tab-body" tabIndex={tab === chosen ? 0 : -1} onClick={() => choose(tab)}>
            {tab.name}{' '}
            {tab.count ? <span className="tab-count">{tab.count}</span> : null}
          </button>
        ))}
      </div>
      <div className={beside ? 'beside' : undefined}>
        <div id="tab-body" role="tabpanel" aria-labelledby={`tab-${chosen?.id}`} className="tab-body">
          {chosen?.body()}
        </div>
        {beside}
      </div>
    </>
  );
}
