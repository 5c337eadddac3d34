import type { EngineModel } from './messages.js';

/**
 * Which models share an engine, and with it a thread and the weights of a common base. On a GPU all do, since its
 * work is done one after the other anyway; on the CPU those of one base do, and others decode side by side.
 */
export function groupModels<Model extends EngineModel>(models: readonly Model[]): Model[][] {
  const groups = new Map<string, Model[]>();
  for (const one of models) {
    const name = one.device === 'cpu' ? `cpu ${one.model} ${one.dtype}` : one.device;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()];
}
