/** One copy of a model's weights for all who do not change them: agents and critics with adapters of their own. */
import { realpathSync } from 'node:fs';
import type { Device, DType } from '@collm/torch';
import { loadDecoder } from '../checkpoint/folder.js';
import type { Decoder } from '../model/decoder.js';

/** A use of a shared base. The decoder is frozen; change it through `decoder.withAdapter`. */
export interface SharedBase {
  readonly decoder: Decoder;
  /** Ends this use; the last one frees the weights. A second call does nothing. */
  dispose(): void;
  [Symbol.dispose](): void;
}

interface Entry {
  folder: string;
  device: Device;
  /** What was asked for: a dtype, or undefined for the stored one. */
  asked: Set<DType | undefined>;
  decoder: Decoder;
  users: number;
}

/** Of this thread: tensors do not cross threads. */
const open: Entry[] = [];

/**
 * Opens a model folder, or joins those who have it open in that dtype on that device. The files are read
 * once; what happens to them while somebody has them open is not seen.
 *
 * @param options.dtype default: as stored
 * @throws ModelError as `loadDecoder`
 */
export function openBase(folder: string, options: { dtype?: DType; device?: Device } = {}): SharedBase {
  const { dtype, device = 'cpu' } = options;
  let entry = open.find(
    (one) => one.folder === real(folder) && one.device === device && one.asked.has(dtype),
  );
  if (entry === undefined) {
    const decoder = loadDecoder(folder, options);
    entry = {
      folder: real(folder),
      device,
      asked: new Set([dtype, decoder.dtype]),
      decoder,
      users: 0,
    };
    open.push(entry);
  }
  return use(entry);
}

/** Links of different names may lead to one folder. A folder that is absent is reported by the loader. */
function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function use(entry: Entry): SharedBase {
  let ended = false;
  entry.users += 1;
  const dispose = () => {
    if (ended) return;
    ended = true;
    entry.users -= 1;
    if (entry.users > 0) return;
    open.splice(open.indexOf(entry), 1);
    entry.decoder.dispose();
  };
  return { decoder: entry.decoder, dispose, [Symbol.dispose]: dispose };
}
