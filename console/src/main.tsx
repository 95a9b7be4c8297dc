import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/inbox.css';
import './styles/board.css';
import './styles/case.css';
import './styles/charts.css';
import './styles/audit.css';
import './styles/alerts.css';
import './styles/duty.css';
import './styles/access.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { ApiError, onProve } from './api/client';
import { onForget } from './api/session';
import { App } from './app';
import { proveAgain } from './parts/step_up';
import { applyTheme } from './theme';

applyTheme();
onProve(proveAgain);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000, // What changes is told by the live feed.
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 2,
    },
    mutations: { retry: false },
  },
});

onForget(() => queries.clear());

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}
