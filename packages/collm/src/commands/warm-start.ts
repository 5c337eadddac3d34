/** `collm warm-start`: makes the quick start's model by supervised learning. */
import type { Device } from '@collm/torch';
import { exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { warmStart } from '../warm-start/warm-start.js';

export interface WarmStartArguments {
  readonly out: string;
  readonly seed: number;
  readonly steps: number;
  readonly batch: number;
  readonly turns: number;
  readonly device: string;
}

/** Trains and writes the folder. Returns the exit code. */
export async function makeWarmStart(given: WarmStartArguments, io: Io): Promise<number> {
  const started = performance.now();
  await warmStart({
    out: given.out,
    seed: given.seed,
    steps: given.steps,
    batch: given.batch,
    learningRate: 2e-3,
    numTurns: given.turns,
    device: given.device as Device,
    onStep: (step, loss) => {
      if (step % 20 !== 0 && step !== given.steps) return;
      const left = ((performance.now() - started) / 1000 / step) * (given.steps - step);
      io.stderr.write(
        `step ${step} of ${given.steps}   loss ${loss.toFixed(3)}   ${left.toFixed(0)} s left\n`,
      );
    },
  });
  io.stdout.write(`${given.out}\n`);
  return exitCodes.ok;
}
