/** The three tasks: their data, and what the command line needs to know of them (coding spec, 2). */
import type { PythonRunner } from '@collm/sandbox';
import type { DataSource } from '../dataset/source.js';
import type { Task } from '../task.js';
import { builtinCoopHumanEval, builtinHumanEval, builtinMbpp } from './builtin/index.js';
import { CodeGeneration, type CodeGenerationOptions, type CodingVariant } from './code-generation.js';
import { codingSettings } from './settings.js';
import { tinySource } from './tiny/problems.js';

const humanEval: CodingVariant = {
  name: 'humaneval',
  schema: codingSettings({ train: 'test[33:163]', eval: 'test[:32]' }),
  builtin: builtinHumanEval,
};

const coopHumanEval: CodingVariant = {
  name: 'coop_humaneval',
  schema: codingSettings({ train: 'test[16:]', eval: 'test[:16]' }),
  builtin: builtinCoopHumanEval,
};

const mbpp: CodingVariant = {
  name: 'mbpp',
  schema: codingSettings({ train: 'test[15:65]', eval: 'test[:15]', tiny: true }),
  builtin: builtinMbpp,
  tiny: tinySource,
};

/** Functions with a docstring and examples, as in HumanEval. */
export class HumanEval extends CodeGeneration {
  constructor(options?: CodeGenerationOptions, data?: DataSource, runner?: PythonRunner) {
    super(humanEval, options, data, runner);
  }
}

/** Functions for which a helper is natural, as in CoopHumanEval. */
export class CoopHumanEval extends CodeGeneration {
  constructor(options?: CodeGenerationOptions, data?: DataSource, runner?: PythonRunner) {
    super(coopHumanEval, options, data, runner);
  }
}

/** Short functions described in a sentence, as in MBPP. */
export class Mbpp extends CodeGeneration {
  constructor(options?: CodeGenerationOptions, data?: DataSource, runner?: PythonRunner) {
    super(mbpp, options, data, runner);
  }
}

/** The coding tasks for the command line. */
export const codingTasks: readonly Task[] = [
  {
    name: humanEval.name,
    domain: 'coding',
    summary: 'Write a helper and a main function for a problem in the style of HumanEval.',
    settings: humanEval.schema,
    hubDataset: 'openai/openai_humaneval',
    open: (options, data) => new HumanEval(options, data),
  },
  {
    name: coopHumanEval.name,
    domain: 'coding',
    summary: 'Write a helper and a main function for a problem that is best solved by two.',
    settings: coopHumanEval.schema,
    hubDataset: 'OpenMLRL/CoopHumanEval',
    open: (options, data) => new CoopHumanEval(options, data),
  },
  {
    name: mbpp.name,
    domain: 'coding',
    summary: 'Write a helper and a main function for a problem of one sentence, as in MBPP.',
    settings: mbpp.schema,
    hubDataset: 'OpenMLRL/MBPP',
    open: (options, data) => new Mbpp(options, data),
  },
];
