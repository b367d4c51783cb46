import { build } from 'esbuild';
import { bundleSdk } from './bundle-sdk.ts';

/**
 * `turnout/client` of the Turnout that runs, with all it imports, as one small ES module for
 * browsers. Equal sources give equal bytes on every machine.
 */
export async function bundleClient(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: ['turnout/client'],
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    legalComments: 'none',
    charset: 'utf8',
    plugins: [bundleSdk],
    write: false,
    logLevel: 'silent',
  });
  const [bundled] = outputFiles;
  if (bundled === undefined) throw new Error('esbuild gave no file for turnout/client.');
  return bundled.contents;
}
