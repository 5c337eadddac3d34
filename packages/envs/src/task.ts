/** What the command line needs to know of a task before an environment is opened. */
import type { z } from 'zod';
import type { DataSource } from './dataset/source.js';
import type { Environment } from './env.js';

export interface Task {
  /** Key in configurations and on the command line, e.g. `str_build`. */
  readonly name: string;
  readonly domain: 'writing' | 'coding' | 'game';
  /** What the team does, in a sentence. */
  readonly summary: string;
  /** Its settings, all with defaults; see settings.ts. */
  readonly settings: z.ZodObject;
  /** What the setting `preset` puts in place of other settings' defaults, by the name of the preset. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  /** The data set of the paper on the hub, as `org/name`; null where the task's own data are the paper's. */
  readonly hubDataset: string | null;
  /** True where only the records within the slices matter, so that a long data set is read no further than they go. */
  readonly readsSlicesOnly?: boolean;
  /**
   * Opens the environment.
   *
   * @param options input of `settings`
   * @param data records that `options.dataset` stands for; the task's own when left out
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  open(options: object, data?: DataSource): Environment;
}
