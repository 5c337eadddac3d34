/** Folders for tests that write. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** Gives each test of the file an empty folder of its own, which is removed after it; `path` is that of the running test. */
export function temporaryFolder(name: string): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(async () => {
    folder.path = await mkdtemp(join(tmpdir(), `collm-${name}-`));
  });
  afterEach(() => rm(folder.path, { recursive: true, force: true }));
  return folder;
}
