// The views and their addresses: the same list as gateway/console/console.cpp.
import { useQuery } from '@tanstack/react-query';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { may, useSessionState } from './api/session';
import { askWho } from './api/sign_in';
import { Alerts } from './pages/alerts/alerts_page';
import { Board } from './pages/board/board';
import { Case } from './pages/case/case';
import { Inbox } from './pages/inbox/inbox';
import { Incidents } from './pages/incidents/incidents';
import { Messages } from './pages/messages/messages';
import { NotFound } from './pages/not_found';
import { Patient } from './pages/patient/patient';
import { Patients } from './pages/patient/patients';
import { SignIn, SignInAgain } from './pages/sign_in';
import { later } from './parts/later';
import { Mishap } from './parts/mishap';
import { Failed, Loading } from './parts/states';
import { StepUp } from './parts/step_up';
import { Shell } from './shell';

const Access = later('access', () => import('./pages/access/access'));
const Audit = later('the audit', () => import('./pages/audit/audit'));
const Duty = later('duty', () => import('./pages/duty/duty'));
const Charts = later('the charts', () => import('./pages/charts/charts'));

// Where somebody begins: with what they are here for.
function homeOf(): string {
  if (may('task.work')) return '/inbox';
  if (may('audit.read')) return '/audit';
  if (may('instance.read')) return '/board';
  return may('people.manage') ? '/access' : '/charts';
}

export function App() {
  const place = useLocation().pathname;
  const { asked, session, ended } = useSessionState();
  const { error, refetch } = useQuery({ queryKey: ['who'], queryFn: () => askWho().then(() => true), staleTime: Infinity, enabled: !asked });
  if (!session) {
    if (asked) return <SignIn />;
    return <main id="main">{error ? <Failed error={error} again={() => void refetch()} /> : <Loading what="who is signed in" />}</main>;
  }
  return (
    <Shell>
      {ended && <SignInAgain />}
      <StepUp />
      <Mishap place={place}>
        <Routes>
          <Route path="/" element={<Navigate to={homeOf()} replace />} />
          <Route path="/sign-in" element={<Navigate to={homeOf()} replace />} />
          <Route path="/inbox/:task?" element={<Inbox />} />
          <Route path="/alerts" element={<Alerts />} />
          <Route path="/board" element={<Board />} />
          <Route path="/duty" element={<Duty />} />
          <Route path="/cases/:instance" element={<Case />} />
          <Route path="/patients" element={<Patients />} />
          <Route path="/patients/:patient" element={<Patient />} />
          <Route path="/incidents" element={<Incidents />} />
          <Route path="/messages" element={<Messages />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/charts" element={<Charts />} />
          <Route path="/access" element={<Access />} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Mishap>
    </Shell>
  );
}
