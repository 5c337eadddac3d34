// `npm run bench [-- arguments of bench/run.ts]`: the set-up, the bare C++ program, then the comparison of both.
import { join } from 'node:path';
import { buildNative } from './build-native.mjs';
import { findLibtorch } from './find-libtorch.mjs';
import { setup } from './setup.mjs';
import { root, run, show } from './steps.mjs';

await run(async () => {
  await setup();
  const torch = findLibtorch();
  if (torch) await buildNative(torch, { withBench: true });
  return show(process.execPath, ['--import', 'tsx', join(root, 'bench/run.ts'), ...process.argv.slice(2)]);
});
