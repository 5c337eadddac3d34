import type { GrpoOptions } from '../config.js';
import type { Algorithm } from './algorithm.js';
import { magrpo } from './magrpo.js';

/** GRPO: MAGRPO with one agent (algorithms spec 2.2). Without standard deviation in the advantage unless asked for. */
export function grpo(options: GrpoOptions): Algorithm {
  return magrpo(options);
}
