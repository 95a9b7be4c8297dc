// What each role may do, as the access policy says. Policies are files, so that a change of one is reviewed; here it is read.
import { Failed, Loading } from '../../parts/states';
import { words } from '../../words';
import { usePolicy } from './rights';

export function Roles() {
  const { data, error, refetch } = usePolicy();
  if (error && !data) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <Loading what="the roles" />;
  const meaning = new Map(data.permissions.map((permission) => [permission.name, permission.meaning]));
  return (
    <section className="card" aria-labelledby="roles">
      <div className="card-head">
        <h2 id="roles">What each role may do</h2>
      </div>
      <p className="muted">
        From the access policy <code>{data.hash.slice(0, 16)}</code>, which every record names. It is changed in its file and takes effect when the server starts.
      </p>
      {data.roles.map(({ role, title, permissions }) => (
        <details key={role} className="role">
          <summary>
            <strong>{title || words(role)}</strong> <span className="muted">{role}, {permissions.length} rights</span>
          </summary>
          <ul>
            {permissions.map((permission) => (
              <li key={permission}>
                {meaning.get(permission) ?? permission} <code className="muted">{permission}</code>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}
