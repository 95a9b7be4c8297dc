// People, keys and roles as the server has them. Nobody tells when these change: they are read again after each change made here.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, part } from '../../api/client';
import type { Page } from '../../api/types';

export interface User {
  user: string;
  name: string;
  roles: string[];
  units: string[];
  disabled: boolean;
  created_at: string;
  expires_at?: string;
  sessions: number; // Screens at which they are signed in.
  password?: string; // One that was made for them, told once.
}

export interface Key {
  id: string;
  name: string;
  roles: string[];
  certificate?: string; // Hash of the client certificate that stands for it.
  created_at: string;
  expires_at?: string;
  revoked: boolean;
  key?: string; // Told once.
}

export interface Policy {
  hash: string;
  roles: { role: string; title: string; permissions: string[] }[];
  permissions: { name: string; meaning: string }[];
}

export function useUsers() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => api.get<Page<User>>('/v1/users', { signal }) });
}

export function useKeys() {
  return useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => api.get<Page<Key>>('/v1/keys', { signal }) });
}

export function usePolicy() {
  return useQuery({ queryKey: ['policy'], queryFn: ({ signal }) => api.get<Policy>('/v1/policy', { signal }), staleTime: Infinity });
}

// A change, after which `list` is read again.
function useChange<Given, Answer>(list: string, send: (given: Given) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: send, onSuccess: () => queries.invalidateQueries({ queryKey: [list] }) });
}

export type NewUser = Pick<User, 'user' | 'name' | 'roles' | 'units'>;
export type UserChange = Partial<Pick<User, 'name' | 'roles' | 'units' | 'disabled' | 'password'>>;
export type NewKey = Pick<Key, 'name' | 'roles' | 'certificate'> & { expires_in?: string };

export const useAddUser = () => useChange('users', (body: NewUser) => api.post<User>('/v1/users', { body }));
export const useChangeUser = (user: string) => useChange('users', (body: UserChange) => api.post<User>(`/v1/users/${part(user)}`, { body }));
export const useSignOut = (user: string) => useChange('users', () => api.post(`/v1/users/${part(user)}/sign-out`));
export const useMakeKey = () => useChange('keys', (body: NewKey) => api.post<Key>('/v1/keys', { body }));
export const useRevoke = (id: string) => useChange('keys', () => api.drop<Key>(`/v1/keys/${part(id)}`));

export function isOver({ expires_at }: { expires_at?: string }, now: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= now;
}

// A password that nobody can guess, to be told once: 120 bits.
export function makePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}
