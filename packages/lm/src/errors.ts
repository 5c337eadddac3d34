/** A model folder, configuration, tokenizer or prompt that cannot be used. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** An untrusted value for a message. Only texts and numbers are written out: others may nest deeper than the stack. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
