// Whom an alert is about, by name.
import { Link } from 'react-router';
import { may } from '../../api/session';
import { nameOf } from '../../people';
import { usePatient } from '../inbox/task_context';

export function WhoseName({ patient }: { patient: string | undefined }) {
  const person = usePatient(may('patient.read') ? patient : undefined).data;
  if (!person) return null;
  return (
    <>
      <Link to={`/patients/${encodeURIComponent(person.id)}`}>{nameOf(person.demographics)}</Link>:{' '}
    </>
  );
}
