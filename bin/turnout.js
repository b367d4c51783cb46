#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';
import { runsWithPinnedNode } from './pinned-node.js';

if (!runsWithPinnedNode()) {
  await import('./require-node.js');
  module.enableCompileCache();
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const built = new URL('../dist/cli/main.js', import.meta.url);
  await import(existsSync(source) ? source.href : built.href);
}
