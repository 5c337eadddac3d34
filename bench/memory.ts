/** Memory, each figure from a process of its own: a team on one base, training, the loss. Linux only. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Decoder, saveDecoder, trainBpe } from '@collm/lm';
import type { DType } from '@collm/torch';
import type { MemoryFigures } from './memory-child.js';
import { type ModelName, models } from './workloads.js';

export interface TeamMemory {
  base: MemoryFigures;
  team: MemoryFigures;
  /** (team - its optimisers' state) / base, resident */
  ratio: number;
}

/** Two agents, a critic and the reference on one model, after one update of each. Linux only. */
export function teamMemory(model: ModelName): TeamMemory {
  const folder = mkdtempSync(join(tmpdir(), 'collm-bench-'));
  try {
    writeModel(model, folder);
    const base = measure('base', folder);
    const team = measure('team', folder);
    return { base, team, ratio: (team.resident - team.optimiser) / base.resident };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeModel(model: ModelName, folder: string): void {
  using decoder = Decoder.random(models[model], { seed: 1 });
  saveDecoder(decoder, folder);
  const specialTokens = ['<|pad|>', '<|end|>'];
  const tokenizer = trainBpe([], { vocabSize: 258, specialTokens });
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|end|>' }));
}

function measure(what: 'base' | 'team', folder: string): MemoryFigures {
  return child('memory-child.ts', [what, folder]) as MemoryFigures;
}

/** Peak bytes of a process that trains as the bare program does. */
export function trainingPeak(model: ModelName, dtype: DType): number {
  return (child('training-memory-child.ts', ['train', model, dtype]) as { bytes: number }).bytes;
}

/** Peak bytes of the loss and its gradients, with the logits in chunks or whole. */
export function lossPeak(kind: 'chunked' | 'whole'): number {
  return (child('training-memory-child.ts', ['loss', kind]) as { bytes: number }).bytes;
}

/** What a script of this folder prints, in a process of its own. */
function child(name: string, args: readonly string[]): unknown {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with code ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}
