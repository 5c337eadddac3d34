/**
 * Presets: sets of defaults (minecraft spec, 11-8). `code` is what the reference's configuration says today, and what
 * the settings' own defaults are; `paper` is what is known of the time of the paper.
 */
import { z } from 'zod';

export const presetSetting = z
  .enum(['code', 'paper'])
  .default('code')
  .describe(
    "Other defaults for some settings: code, the reference's today, or paper, those of the time of the paper. Settings that are given win.",
  );

/** What a preset puts in place of the defaults, by the name of the preset. */
export type Presets = Readonly<
  Partial<Record<z.output<typeof presetSetting>, Readonly<Record<string, unknown>>>>
>;

/** Options with what their preset says where they say nothing. To be done before defaults are filled in. */
export function withPreset<O extends { readonly preset?: keyof Presets | undefined }>(
  presets: Presets,
  options: O,
): O {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...presets[options.preset ?? 'code'], ...Object.fromEntries(given) } as O;
}
