import type { AcOptions } from '../config.js';
import type { Algorithm } from './algorithm.js';
import { collmDc } from './collm-dc.js';

/**
 * AC: one agent with a critic of its history (algorithms spec 2.2). With one agent the local history is the joint one,
 * so this is CoLLM-DC and CoLLM-CC alike.
 */
export function ac(options: AcOptions): Algorithm {
  return collmDc(options);
}
