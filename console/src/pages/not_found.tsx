import { Link } from 'react-router';

export function NotFound() {
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <p>
        The address may be old. <Link to="/inbox">Go to the inbox</Link>.
      </p>
    </div>
  );
}
