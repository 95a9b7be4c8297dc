// Who may sign in, which services may ask, and what each role may do. For administrators.
import { Tabs } from '../../parts/tabs';
import { Keys } from './keys';
import { People } from './people';
import { Roles } from './roles';

export default function Access() {
  return (
    <div className="page access">
      <h1>Access</h1>
      <Tabs
        label="Parts of access"
        tabs={[
          { id: 'people', name: 'People', body: () => <People /> },
          { id: 'keys', name: 'Keys of services', body: () => <Keys /> },
          { id: 'roles', name: 'Roles', body: () => <Roles /> },
        ]}
      />
    </div>
  );
}
