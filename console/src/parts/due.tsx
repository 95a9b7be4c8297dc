import { dueText, lateness, when } from '../words';
import { Icon } from './icon';

// How much time is left. Says it in words and by a mark, never by colour alone.
export function Due({ due, now }: { due?: string; now: number }) {
  const state = lateness(due, now);
  return (
    <span className={`due due-${state}`} title={due ? `Due ${when(due)}` : undefined}>
      <Icon name={state === 'late' ? 'alert' : 'clock'} size={16} />
      {dueText(due, now)}
    </span>
  );
}
