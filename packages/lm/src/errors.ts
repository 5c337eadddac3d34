/** A model folder, configuration, tokenizer or prompt that cannot be used. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
