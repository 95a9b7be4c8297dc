// A page whose code comes when it is first looked at. Not React's own lazy: that keeps what stands in its place for 300 ms even where the code
// is there at once, and a file that a newer server no longer has would take the whole console with it.
import { useEffect, useState, type ComponentType } from 'react';
import { words } from '../words';
import { Failed, Loading } from './states';

const GONE = new Error('This page cannot be loaded. The server may have a newer console.');

export function later<Props extends object>(what: string, load: () => Promise<{ default: ComponentType<Props> }>): ComponentType<Props> {
  let Page: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [state, setState] = useState<'waits' | 'there' | 'failed'>(Page ? 'there' : 'waits');
    useEffect(() => {
      if (state !== 'waits') return;
      load().then(
        (code) => {
          Page = code.default;
          setState('there');
        },
        () => setState('failed'),
      );
    }, [state]);
    if (state === 'failed') {
      return (
        <div className="page">
          <h1 className="sr-only">{words(what)}</h1>
          <Failed error={GONE} again={() => window.location.reload()} />
        </div>
      );
    }
    return Page ? <Page {...props} /> : <Loading what={what} />;
  };
}
