// One request to the API: JSON in, JSON out, and every refusal as an ApiError that says cause and cure.
import { knownTag, knownValue, remember } from './known';
import type { Problem } from './types';
import { identityHeaders, sessionExpired } from './session';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly cure: string,
    readonly fields: { pointer: string; message: string }[] = [], // What is wrong with a form, field by field.
  ) {
    super(message);
  }
}

// The server could not be reached, or did not answer with what it should.
export class NoAnswer extends Error {}

// How a person proves who they are; the page says how.
let prove: () => Promise<boolean> = () => Promise.resolve(false);
export function onProve(how: () => Promise<boolean>): void {
  prove = how;
}

export interface Ask {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  role?: string; // Which of the person's roles acts.
  signal?: AbortSignal;
}

function withQuery(path: string, query: Ask['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return path;
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

async function refusal(response: Response): Promise<ApiError> {
  let problem: Partial<Problem> = {};
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // Not one of ours: a proxy, perhaps. Its status has to do.
  }
  return new ApiError(response.status, problem.code ?? '', problem.detail ?? problem.title ?? `The server answered ${response.status}`, problem.cure ?? '', problem.errors ?? []);
}

async function ask<T>(method: string, path: string, { query, body, role, signal }: Ask): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...identityHeaders(method, role) };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const address = withQuery(path, query);
  const known = `${role ?? ''} ${address}`;
  const tag = method === 'GET' ? knownTag(known) : undefined;
  if (tag) headers['If-None-Match'] = tag;
  let response: Response;
  try {
    response = await fetch(address, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NoAnswer('The server cannot be reached. What you see may be out of date.');
  }
  if (response.status === 304) return knownValue(known) as T;
  if (!response.ok) throw await refusal(response);
  const value = (await response.json()) as T;
  if (method === 'GET') remember(known, response.headers.get('ETag'), value);
  return value;
}

const ENDED = ['BT801', 'BT802'];
const PROVE = 'BT805';

// What is refused because it needs a fresh sign-in is asked again once the person has proved who they are.
async function askAndProve<T>(method: string, path: string, options: Ask): Promise<T> {
  try {
    return await ask<T>(method, path, options);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 && ENDED.includes(error.code)) sessionExpired();
    if (error.code !== PROVE || !(await prove())) throw error;
    return ask<T>(method, path, options);
  }
}

export const api = {
  get: <T>(path: string, options: Ask = {}) => askAndProve<T>('GET', path, options),
  post: <T>(path: string, options: Ask = {}) => askAndProve<T>('POST', path, { body: {}, ...options }),
  put: <T>(path: string, options: Ask = {}) => askAndProve<T>('PUT', path, { body: {}, ...options }),
  drop: <T>(path: string, options: Ask = {}) => askAndProve<T>('DELETE', path, options),
};

// A value as one part of a path.
export const part = encodeURIComponent;
