/** `collm quickstart`: two tiny agents learn to share the work of building words. */
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { trainNew } from './train.js';

/** The committed configuration of the quick start. */
export const quickstartConfig = fileURLToPath(new URL('../../configs/quickstart.yaml', import.meta.url));

export interface QuickstartArguments {
  readonly seed: number | null;
  readonly steps: number | null;
  readonly runsDir: string;
  readonly name: string | null;
  readonly set: readonly string[];
}

/** Trains, shows what changed, and says what to try next. Returns the exit code. */
export async function quickstart(given: QuickstartArguments, io: Io): Promise<number> {
  io.stderr.write(
    'Two small language models build words out of blocks. Each knows the command and its own prompt, but not what\n' +
      'the other one does, so they build over each other. CoLLM-CC trains them, with one critic that sees both.\n\n',
  );
  const set = [
    ...given.set,
    ...(given.seed === null ? [] : [`train.seed=${given.seed}`]),
    ...(given.steps === null ? [] : [`train.max_steps=${given.steps}`]),
  ];
  const code = await trainNew(
    { files: [quickstartConfig], set, dryRun: false, name: given.name, runsDir: given.runsDir },
    io,
  );
  if (code === exitCodes.ok) {
    io.stdout.write(
      'Next:\n' +
        '  npx collm quickstart --seed 2                          the same with other random choices\n' +
        '  npx collm quickstart --set algorithm.gae_lambda=0.95   another way to give credit\n' +
        '  npx collm quickstart --set algorithm.name=collm_dc     a critic for each agent instead of one for both\n' +
        `  npx collm train ${quickstartConfig} --dry-run   every setting, to copy and change\n`,
    );
  }
  return code;
}
