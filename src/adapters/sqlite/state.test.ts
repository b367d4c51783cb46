import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { describeState } from '../../ports/state/contract.ts';
import type { State } from '../../ports/state/port.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('state');
const opened: State[] = [];
after(() => Promise.all(opened.map((state) => state.close())));

describeState('SQLite', async () => {
  const folder = await mkdtemp(join(root, 'site-'));
  const connect = async () => {
    const state = await openSqliteState({ folder });
    opened.push(state);
    return state;
  };
  return { state: await connect(), connect };
});
