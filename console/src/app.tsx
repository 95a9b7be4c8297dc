// The views and their addresses: the same list as gateway/console/console.cpp.
import { Navigate, Route, Routes } from 'react-router';
import { useSession } from './api/session';
import { Inbox } from './pages/inbox/inbox';
import { NotFound } from './pages/not_found';
import { SignIn } from './pages/sign_in';
import { Shell } from './shell';

export function App() {
  const session = useSession();
  if (!session) return <SignIn />;
  return (
    <Shell>
      <Routes>
        <Route path="/" element={<Navigate to="/inbox" replace />} />
        <Route path="/sign-in" element={<Navigate to="/inbox" replace />} />
        <Route path="/inbox/:task?" element={<Inbox />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Shell>
  );
}
