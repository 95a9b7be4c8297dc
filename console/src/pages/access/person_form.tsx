// Adding a person and changing one. A password is made, never chosen for somebody: whoever gets it sets another.
import { useState, type FormEvent } from 'react';
import { Dialog, DialogEnd } from '../../parts/dialog';
import { Failed } from '../../parts/states';
import { makePassword, useAddUser, useChangeUser, useSignOut, type User } from './rights';
import { RolesField } from './roles_field';
import { TextField } from './text_field';
import { ToldOnce } from './told_once';

const unitsIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);

const NO_ROLE = 'Choose at least one: who has none may do nothing.';
const UNITS_HELP = 'As your systems call them, such as MED ICU. Only tasks of these are shown, unless a role sees every unit.';

export function AddPerson({ close }: { close: () => void }) {
  const [user, setUser] = useState('');
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<string[]>([]);
  const [units, setUnits] = useState('');
  const [tried, setTried] = useState(false);
  const add = useAddUser();
  const wrong = { user: user.trim() ? '' : 'Say under which name they sign in.', name: name.trim() ? '' : 'Say what they are called.', roles: roles.length > 0 ? '' : NO_ROLE };
  const shown = (field: keyof typeof wrong) => (tried && wrong[field]) || undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!Object.values(wrong).some(Boolean)) add.mutate({ user: user.trim(), name: name.trim(), roles, units: unitsIn(units) });
  };
  if (add.data?.password) {
    return (
      <ToldOnce title={`${add.data.name} may sign in`} secret={add.data.password} close={close}>
        {`The password of ${add.data.user}. Hand it over; they set another under their own name.`}
      </ToldOnce>
    );
  }
  return (
    <Dialog title="Add a person" close={close}>
      <form className="dialog-form" noValidate onSubmit={submit}>
        <div className="two">
          <TextField label="Sign-in name" value={user} change={setUser} error={shown('user')} />
          <TextField label="Name" value={name} change={setName} error={shown('name')} />
        </div>
        <RolesField value={roles} change={setRoles} error={shown('roles')} />
        <TextField label="Units" value={units} change={setUnits} help={UNITS_HELP} />
        {add.error && <Failed error={add.error} />}
        <DialogEnd close={close} confirm="Add" pending={add.isPending} />
      </form>
    </Dialog>
  );
}

export function ChangePerson({ user, close }: { user: User; close: () => void }) {
  const [name, setName] = useState(user.name);
  const [roles, setRoles] = useState(user.roles);
  const [units, setUnits] = useState(user.units.join(' '));
  const [tried, setTried] = useState(false);
  const [password, setPassword] = useState('');
  const save = useChangeUser(user.user);
  const renew = useChangeUser(user.user);
  const signOut = useSignOut(user.user);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() && roles.length > 0) save.mutate({ name: name.trim(), roles, units: unitsIn(units) }, { onSuccess: close });
  };
  const makeAnother = () => {
    const made = makePassword();
    renew.mutate({ password: made }, { onSuccess: () => setPassword(made) });
  };
  if (password) {
    return (
      <ToldOnce title={`Another password for ${user.name}`} secret={password} close={close}>
        {`${user.user} is signed out everywhere. Hand the password over; they set another under their own name.`}
      </ToldOnce>
    );
  }
  const error = save.error ?? renew.error ?? signOut.error;
  return (
    <Dialog title={user.name} close={close}>
      <form className="dialog-form" noValidate onSubmit={submit}>
        <TextField label="Name" value={name} change={setName} error={tried && !name.trim() ? 'Say what they are called.' : undefined} />
        <RolesField value={roles} change={setRoles} error={tried && roles.length === 0 ? NO_ROLE : undefined} />
        <TextField label="Units" value={units} change={setUnits} help={UNITS_HELP} />
        <div className="access-acts">
          <button type="button" className="button" disabled={save.isPending} onClick={() => save.mutate({ disabled: !user.disabled }, { onSuccess: close })}>
            {user.disabled ? 'Let them sign in again' : 'Let them sign in no more'}
          </button>
          <button type="button" className="button" disabled={renew.isPending} onClick={makeAnother}>
            Make another password
          </button>
          <button type="button" className="button" disabled={signOut.isPending || user.sessions === 0} onClick={() => signOut.mutate(undefined, { onSuccess: close })}>
            Sign them out everywhere
          </button>
        </div>
        {error && <Failed error={error} />}
        <DialogEnd close={close} confirm="Save" pending={save.isPending} />
      </form>
    </Dialog>
  );
}
