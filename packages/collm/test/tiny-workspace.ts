/** A workspace whose model is a real one, which computes: tiny and untrained. */
import { rmSync } from 'node:fs';
import { createTinyModel } from '../src/warm-start/tiny-model.js';
import { Workspace } from './workspace.js';

export function tinyWorkspace(): Workspace {
  const space = new Workspace();
  rmSync(space.path('model'), { recursive: true });
  createTinyModel(
    space.path('model'),
    ['agent 1 of 2\nturn 1 of 2\nblocks oak_planks stone\ncells 0 4 0'],
    1,
  );
  return space;
}
