import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

// `npm pack` runs this first: `dist/` is `src/` compiled, with every file beside it that is read at
// run time. Node.js refuses to run TypeScript below node_modules.
const source = 'src';
const target = 'dist';

rmSync(target, { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) throw new Error('the package is not built: its sources do not compile');

const readAtRunTime = globSync(`${source}/**/*.*`, {
  exclude: ['**/*.ts', '**/golden/**', '**/*.golden'],
});
for (const file of readAtRunTime) cpSync(file, join(target, relative(source, file)));
