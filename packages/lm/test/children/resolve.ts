/** Resolves a model of the hub in a process of its own: name, cache folder, address of the hub. */
import { resolveModel } from '../../src/checkpoint/hub.js';

const [model = '', cacheDir = '', endpoint = ''] = process.argv.slice(2);
await resolveModel(model, { cacheDir, endpoint, offline: false });
