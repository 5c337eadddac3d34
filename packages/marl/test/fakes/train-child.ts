/**
 * A training run in a process of its own, to be killed. Prints every event as one JSON line; resumes when
 * the folder holds a checkpoint.
 *
 *   node --import tsx train-child.ts <algorithm> <checkpoint folder>
 */
import { existsSync, readdirSync } from 'node:fs';
import type { AlgorithmOptions } from '../../src/index.js';
import { ALGORITHMS, fakeRun, folderStore, newestCheckpoint } from './runs.js';

const [name, root] = process.argv.slice(2) as [string, string];
const resumable = existsSync(root) && readdirSync(root).some((entry) => entry.startsWith('step-'));
const { weights } = await fakeRun({
  algorithm: ALGORITHMS.find((one) => one.name === name) as AlgorithmOptions,
  checkpoints: folderStore(root),
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  ...(resumable ? { resumeFrom: await newestCheckpoint(root) } : {}),
});
process.stdout.write(`${JSON.stringify({ type: 'weights', weights })}\n`);
