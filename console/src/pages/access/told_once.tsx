// A secret that the server told once and keeps only a hash of: shown until somebody has put it where it belongs.
import { useState } from 'react';
import { Dialog } from '../../parts/dialog';

interface Props {
  title: string;
  secret: string;
  children: string; // What to do with it.
  close: () => void;
}

export function ToldOnce({ title, secret, children, close }: Props) {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(secret).then(() => setCopied(true));
  return (
    <Dialog title={title} close={close}>
      <div className="dialog-form">
        <p>{children} It is shown now and never again.</p>
        <p className="secret">
          <code>{secret}</code>
        </p>
        <p role="status" className="muted">
          {copied ? 'Copied.' : ''}
        </p>
        <div className="dialog-end">
          {navigator.clipboard && (
            <button type="button" className="button" onClick={copy}>
              Copy
            </button>
          )}
          <button type="button" className="button primary" onClick={close}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
