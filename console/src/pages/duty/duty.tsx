// For whoever hands out the work: how much waits for whom and who is there for it, the rota of each unit, and who stands in for whom.
import { Tabs } from '../../parts/tabs';
import { Covers } from './covers';
import { Queues } from './queues';
import { Rotas } from './rotas';

export default function Duty() {
  return (
    <div className="page duty">
      <h1>Duty</h1>
      <Tabs
        label="Parts of duty"
        tabs={[
          { id: 'queues', name: 'Queues', body: () => <Queues /> },
          { id: 'rota', name: 'Rota', body: () => <Rotas /> },
          { id: 'covers', name: 'Covers', body: () => <Covers /> },
        ]}
      />
    </div>
  );
}
