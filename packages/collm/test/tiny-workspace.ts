/** A workspace whose model is a real one, which computes: tiny and untrained. */
import { rmSync } from 'node:fs';
import { createTinyModel } from '../src/warm-start/tiny-model.js';
import { Workspace } from './workspace.js';

/** Settings of a run of two steps on two of three letters, with a checkpoint after each. */
export const shortRun: readonly string[] = [
  'train.items_per_step=2',
  'train.max_steps=2',
  'train.checkpoint_every=1',
  'train.keep_last=9',
  'train.agent_learning_rate=0.01',
  'env.words=[I, L, C]',
  'env.train_split="[:2]"',
  'env.eval_split="[2:]"',
];

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
