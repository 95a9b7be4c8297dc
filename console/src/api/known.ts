// Answers that this tab has already, so that asking again costs nothing when nothing has changed: no bytes, and, since nothing of a
// patient is shown anew, no record of another read. In memory only, and gone with the session.
interface Answer {
  tag: string;
  value: unknown;
}

const MOST = 200;
const answers = new Map<string, Answer>();

export function knownTag(request: string): string | undefined {
  return answers.get(request)?.tag;
}

export function knownValue(request: string): unknown {
  return answers.get(request)?.value;
}

export function remember(request: string, tag: string | null, value: unknown): void {
  answers.delete(request);
  if (!tag) return;
  answers.set(request, { tag, value });
  const oldest = answers.keys().next().value;
  if (answers.size > MOST && oldest !== undefined) answers.delete(oldest);
}

export function forgetAnswers(): void {
  answers.clear();
}
