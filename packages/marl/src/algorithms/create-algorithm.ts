import type { AlgorithmOptions } from '../config.js';
import { ac } from './ac.js';
import type { Algorithm } from './algorithm.js';
import { collmCc } from './collm-cc.js';
import { collmDc } from './collm-dc.js';
import { grpo } from './grpo.js';
import { magrpo } from './magrpo.js';
import { mareinforce } from './mareinforce.js';
import { maremax } from './maremax.js';
import { marloo } from './marloo.js';

/** The algorithm that the options name. */
export function createAlgorithm(options: AlgorithmOptions): Algorithm {
  switch (options.name) {
    case 'collm_cc':
      return collmCc(options);
    case 'collm_dc':
      return collmDc(options);
    case 'ac':
      return ac(options);
    case 'mareinforce':
      return mareinforce(options);
    case 'magrpo':
      return magrpo(options);
    case 'marloo':
      return marloo(options);
    case 'maremax':
      return maremax(options);
    case 'grpo':
      return grpo(options);
  }
}
