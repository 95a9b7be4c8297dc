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

// Ctrl Enter in another form, such as a comment, is not meant for the decision.
function isElsewhere(target: EventTarget | null, form: HTMLFormElement): boolean {
  const own = target instanceof Element ? target.closest('form') : null;
  return own !== null && own !== form;
}

export function useShortcuts(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return; // A question stands in front of the task.
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        const form = document.getElementById('decision');
        // A key that is held decides once: by its repetition the next task would be on the screen.
        if (!event.repeat && form instanceof HTMLFormElement && !isElsewhere(event.target, form)) form.requestSubmit();
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
