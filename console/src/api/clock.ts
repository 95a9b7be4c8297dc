// The server's time, by which everything is due. It may be a virtual clock that stands still, so it is asked, not assumed.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from './client';

interface Reading {
  server: number;
  at: number; // By this machine's own clock.
  moves: boolean;
}

async function readClock(): Promise<Reading> {
  const before = performance.now();
  const { now, clock } = await api.get<{ now: string; clock: string }>('/v1/health');
  return { server: Date.parse(now), at: (before + performance.now()) / 2, moves: clock === 'system' };
}

// Milliseconds; changes every five seconds while the clock moves.
export function useNow(): number {
  const { data } = useQuery({ queryKey: ['instance', 'clock'], queryFn: readClock, refetchInterval: 15_000 });
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 5000);
    return () => clearInterval(timer);
  }, []);
  if (!data) return Date.now();
  return data.moves ? data.server + (performance.now() - data.at) : data.server;
}
