/** What an agent or critic trains: all weights of a model of its own, or an adapter on a base that it shares. */
import { join } from 'node:path';
import {
  adapterWeightsFile,
  type Decoder,
  LoraAdapter,
  type LoraOptions,
  loadAdapter,
  loadDecoder,
  ModelError,
  openBase,
  type SharedBase,
  saveAdapter,
  saveDecoder,
} from '@collm/lm';
import { type Device, type DType, noGrad, type Tensor, tidy } from '@collm/torch';

/** Where a model comes from and what of it is trained. */
export interface ModelSource {
  /** Hugging Face folder. */
  readonly model: string;
  readonly device: Device;
  /** Default: as stored. */
  readonly dtype?: DType;
  /**
   * Trains an adapter; the base is frozen, and one copy serves all who name the same folder, dtype and
   * device. Without it all weights are trained, in a copy of their own.
   */
  readonly lora?: LoraOptions | null;
  /**
   * Where all weights are trained: keeps the model before any update beside them, frozen, in one copy for all who
   * name the same folder, dtype and device (default: that of the model). Adapters have it in their base anyway.
   * Default null: it is not kept.
   */
  readonly reference?: { readonly device?: Device } | null;
}

/** A decoder with the weights that belong to its owner. */
export interface TrainedModel {
  readonly decoder: Decoder;
  /** The model before any update: an adapter's base, or the copy that was asked for; else null. */
  readonly reference: Decoder | null;
  /** Names the micro-batch that comes, so that what is drawn for it can be drawn again. */
  beginMicroBatch(step: number, microBatch: number): void;
  endUpdate(): void;
  /** Writes the trained weights: a Hugging Face folder, or PEFT's. */
  save(dir: string): void;
  /** Reads what `save` wrote into the weights in place. @throws ModelError or TorchError naming the file at fault. */
  load(dir: string): void;
  dispose(): void;
}

/** @throws ModelError or TorchError naming the file or option at fault */
export function openModel(source: ModelSource): TrainedModel {
  const { device, dtype, lora = null } = source;
  const place = { device, ...(dtype === undefined ? {} : { dtype }) };
  return lora === null ? wholeModel(source, place) : adaptedModel(source, place, lora);
}

function wholeModel(
  { model, reference: kept = null }: ModelSource,
  place: { device: Device; dtype?: DType },
): TrainedModel {
  const decoder = loadDecoder(model, place);
  let reference: SharedBase | null = null;
  try {
    if (kept !== null) reference = openBase(model, { ...place, device: kept.device ?? place.device });
  } catch (error) {
    decoder.dispose();
    throw error;
  }
  return {
    decoder,
    reference: reference?.decoder ?? null,
    beginMicroBatch: () => undefined,
    endUpdate: () => undefined,
    save: (dir) => saveDecoder(decoder, dir),
    load: (dir) => {
      using saved = loadDecoder(dir);
      copyAll(join(dir, 'model.safetensors'), saved.parameters(), decoder.parameters());
    },
    dispose: () => {
      decoder.dispose();
      reference?.dispose();
    },
  };
}

function adaptedModel(
  { model }: ModelSource,
  place: { device: Device; dtype?: DType },
  lora: LoraOptions,
): TrainedModel {
  const base = openBase(model, place);
  let adapter: LoraAdapter;
  try {
    adapter = new LoraAdapter(base.decoder, lora);
  } catch (error) {
    base.dispose();
    throw error;
  }
  return {
    decoder: base.decoder.withAdapter(adapter),
    reference: base.decoder,
    beginMicroBatch: (step, microBatch) => adapter.beginMicroBatch(step, microBatch),
    endUpdate: () => adapter.endUpdate(),
    save: (dir) => saveAdapter(adapter, dir, { baseModel: model }),
    load: (dir) => {
      using saved = loadAdapter(dir, base.decoder);
      const path = join(dir, adapterWeightsFile);
      const shape = ({ modules }: LoraAdapter) => modules.map(({ name, scale }) => `${name} ${scale}`).join();
      if (shape(saved) !== shape(adapter))
        throw new ModelError(
          `${path} holds an adapter of other modules or another scale than the one being loaded into. Set targets, rank and alpha as they were.`,
        );
      copyAll(path, saved.parameters(), adapter.parameters());
    },
    dispose: () => {
      adapter.dispose();
      base.dispose();
    },
  };
}

/** Copies weights of a file over those of a model, all or none. @throws ModelError when they do not fit */
export function copyAll(path: string, sources: readonly Tensor[], targets: readonly Tensor[]): void {
  if (sources.length !== targets.length)
    throw new ModelError(`${path} holds another model than the one being loaded.`);
  for (const [i, target] of targets.entries()) {
    const source = sources[i] as Tensor;
    if (source.shape.join() !== target.shape.join())
      throw new ModelError(
        `${path}: a weight has shape [${source.shape}] where the model has [${target.shape}].`,
      );
  }
  tidy(() =>
    noGrad(() => {
      for (const [i, target] of targets.entries()) target.copy_(sources[i] as Tensor);
    }),
  );
}
