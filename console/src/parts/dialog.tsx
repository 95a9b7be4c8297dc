// A question that has to be answered before anything else: the browser's own modal dialog, which keeps the focus and gives it back.
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react';

interface DialogProps {
  title: string;
  close: () => void;
  children: ReactNode;
}

export function Dialog({ title, close, children }: DialogProps) {
  const id = useId(); // One may stand in front of another.
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // Browsers close a dialog at the second Escape whatever is said to the first: what still has to be answered is asked again.
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onCancel={(event) => { event.preventDefault(); close(); }} onClose={() => { if (dialog.current?.isConnected && !dialog.current.open) dialog.current.showModal(); }}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface EndProps {
  close: () => void;
  confirm: ReactNode; // What the form's button says that it does.
  pending?: boolean;
}

// How every form in a dialog ends.
export function DialogEnd({ close, confirm, pending }: EndProps) {
  return (
    <div className="dialog-end">
      <button type="button" className="button" onClick={close}>
        Leave it
      </button>
      <button type="submit" className="button primary" disabled={pending}>
        {confirm}
      </button>
    </div>
  );
}

interface ReasonProps {
  title: string;
  confirm: string;
  close: () => void;
  act: (reason: string) => void;
  pending?: boolean;
  error?: ReactNode;
  children?: ReactNode;
}

// What is done to a case by hand is done for a reason, which goes into the record.
export function ReasonDialog({ title, confirm, close, act, pending, error, children }: ReasonProps) {
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const missing = tried && !reason.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim()) act(reason.trim());
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit} className="dialog-form" noValidate>
        {children}
        <div className="field">
          <label htmlFor="dialog-reason">Reason</label>
          <textarea id="dialog-reason" rows={3} value={reason} required aria-invalid={missing} aria-describedby={missing ? 'dialog-reason-error' : undefined} onChange={(event) => setReason(event.target.value)} />
          {missing && (
            <p className="field-error" id="dialog-reason-error">
              Say why. It goes into the record.
            </p>
          )}
        </div>
        {error}
        <DialogEnd close={close} confirm={confirm} pending={pending} />
      </form>
    </Dialog>
  );
}
