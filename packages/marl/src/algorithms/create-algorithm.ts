import type { AlgorithmOptions } from '../config.js';
import type { Algorithm } from './algorithm.js';
import { collmCc } from './collm-cc.js';
import { magrpo } from './magrpo.js';

/** The algorithm that the options name. */
export function createAlgorithm(options: AlgorithmOptions): Algorithm {
  switch (options.name) {
    case 'collm_cc':
      return collmCc(options);
    case 'magrpo':
      return magrpo(options);
  }
}
