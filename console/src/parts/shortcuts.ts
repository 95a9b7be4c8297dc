// Single keys, outside of fields. They can be switched off (WCAG 2.2, 2.1.4), since somebody who dictates would press them unawares.
import { useEffect, useRef } from 'react';

const KEY = 'baton.shortcuts';

export function shortcutsOn(): boolean {
  return localStorage.getItem(KEY) !== 'off';
}

export function switchShortcuts(on: boolean): void {
  localStorage.setItem(KEY, on ? 'on' : 'off');
}

function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName) || (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox'));
}

export function useShortcuts(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        const form = document.getElementById('decision');
        if (form instanceof HTMLFormElement) form.requestSubmit();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target) || !shortcutsOn()) return;
      if (/^[1-9]$/.test(event.key)) return document.getElementById(`outcome-${Number(event.key) - 1}`)?.click();
      if (event.key === 'c') return document.getElementById('claim')?.click();
      if (event.key === 'r') return document.getElementById('release')?.click();
      latest.current[event.key]?.();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
