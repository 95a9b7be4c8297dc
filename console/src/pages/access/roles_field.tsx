// Which roles somebody has: each that the access policy knows, with what it is for.
import { words } from '../../words';
import { usePolicy } from './rights';

interface Props {
  value: string[];
  change: (value: string[]) => void;
  error?: string;
}

export function RolesField({ value, change, error }: Props) {
  const roles = usePolicy().data?.roles ?? [];
  // Two roles of one title, such as one of another vocabulary, are told apart by their names.
  const shared = (title: string) => roles.filter((each) => each.title === title).length > 1;
  const toggle = (role: string) => change(value.includes(role) ? value.filter((each) => each !== role) : [...value, role]);
  return (
    <fieldset className="roles-field" aria-describedby={error ? 'roles-error' : undefined}>
      <legend>Roles</legend>
      <div className="role-choices">
        {roles.map(({ role, title }) => (
          <label key={role} className="choice">
            <input type="checkbox" checked={value.includes(role)} onChange={() => toggle(role)} />
            <span>
              {title || words(role)} {shared(title) && <span className="muted">({role})</span>}
            </span>
          </label>
        ))}
      </div>
      {error && (
        <p className="field-error" id="roles-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}

// Roles as a person reads them, by their titles.
export function RoleNames({ roles }: { roles: string[] }) {
  const known = usePolicy().data?.roles ?? [];
  return <>{roles.map((role) => known.find((each) => each.role === role)?.title || words(role)).join(', ') || 'No role'}</>;
}
