// One request to the API: JSON in, JSON out, and every refusal as an ApiError that says cause and cure.
import type { Problem } from './types';
import { identityHeaders, sessionExpired } from './session';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly cure: string,
  ) {
    super(message);
  }
}

// The server could not be reached, or did not answer with what it should.
export class NoAnswer extends Error {}

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
  if (response.status === 401) sessionExpired();
  return new ApiError(response.status, problem.code ?? '', problem.detail ?? problem.title ?? `The server answered ${response.status}`, problem.cure ?? '');
}

async function ask<T>(method: string, path: string, { query, body, role, signal }: Ask): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...identityHeaders(role) };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(withQuery(path, query), { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NoAnswer('The server cannot be reached. What you see may be out of date.');
  }
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

export const api = {
  get: <T>(path: string, options: Ask = {}) => ask<T>('GET', path, options),
  post: <T>(path: string, options: Ask = {}) => ask<T>('POST', path, { body: {}, ...options }),
};

// A value as one part of a path.
export const part = encodeURIComponent;
