/** Number formats as configurations name them. In a file of its own, so that `--help` needs little else. */
export const dtypes = { float32: 'f32', bfloat16: 'bf16', float16: 'f16', float64: 'f64' } as const;

/** The name of one of them as configurations write it. */
export function formatName(dtype: string): string {
  return Object.entries(dtypes).find(([, short]) => short === dtype)?.[0] ?? dtype;
}
