/** The section `tracking`: where metrics go beside the files of the run. */
import { z } from 'zod';

export const trackingSchema = z.strictObject({
  tensorboard: z
    .boolean()
    .default(false)
    .describe('Write event files for TensorBoard into the folder `tensorboard/` of the run.'),
  wandb: z
    .strictObject({
      project: z.string().min(1).default('collm').describe('Project that the run belongs to.'),
      entity: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("User or team that owns the project. null: the key's own."),
      group: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('Shown together with runs of the same group, such as other seeds. null: none.'),
      tags: z.array(z.string().min(1)).default([]).describe('Tags of the run.'),
      mode: z
        .enum(['online', 'offline'])
        .default('online')
        .describe(
          'online: send while training, with the key in the environment variable WANDB_API_KEY. offline: write files into the folder `wandb/` of the run for `wandb sync`.',
        ),
    })
    .nullable()
    .default(null)
    .describe('Send metrics to Weights & Biases; `{}` takes the defaults. null: do not.'),
});
