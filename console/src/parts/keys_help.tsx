// Which keys do what, and whether single keys do anything at all.
import { useEffect, useState } from 'react';
import { Dialog } from './dialog';
import { Icon } from './icon';
import { shortcutsOn, switchShortcuts } from './shortcuts';

const KEYS: [string, string][] = [
  ['Tab', 'from part to part'],
  ['↑ ↓', 'in the list of tasks'],
  ['Enter', 'from the list to the task'],
  ['j  k', 'next and previous task'],
  ['c  r', 'claim, release'],
  ['1 – 9', 'choose an outcome'],
  ['Ctrl Enter', 'decide'],
  ['?', 'this page'],
];

export function KeysHelp() {
  const [open, setOpen] = useState(false);
  const [on, setOn] = useState(shortcutsOn);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const writes = event.target instanceof HTMLElement && ['INPUT', 'TEXTAREA', 'SELECT'].includes(event.target.tagName);
      if (event.key === '?' && !writes && shortcutsOn()) setOpen(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const change = () => {
    switchShortcuts(!on);
    setOn(!on);
  };
  return (
    <>
      <button type="button" className="button quiet icon-button" onClick={() => setOpen(true)} title="Keys">
        <Icon name="keyboard" />
        <span className="sr-only">Keys</span>
      </button>
      {open && (
        <Dialog title="Keys" close={() => setOpen(false)}>
          <dl className="facts keys">
            {KEYS.map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <label className="check">
            <input type="checkbox" checked={on} onChange={change} /> Single keys do something (switch off if you dictate)
          </label>
          <div className="dialog-end">
            <button type="button" className="button primary" onClick={() => setOpen(false)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
