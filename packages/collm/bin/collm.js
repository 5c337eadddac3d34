#!/usr/bin/env node
// A file of the repository, so that installing links it before anything is compiled.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.js', import.meta.url);
if (existsSync(cli)) {
  await import(cli.href);
} else {
  process.stderr.write('error: collm is not compiled yet. Run "npm run setup" in its repository first.\n');
  process.exitCode = 1;
}
