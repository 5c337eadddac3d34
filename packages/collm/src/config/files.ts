/** Looks at the files that a configuration names before anything expensive starts. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, isAbsolute, join } from 'node:path';
import type { Problem } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Config } from './schema.js';

/** Missing files, and prompts and responses that cannot fit the model's context. */
export function fileProblems(config: Config): Problem[] {
  const { agent_model: agent, critic_model: critic, env } = config;
  const problems = distinct(agent.path).flatMap((path) => {
    const found = modelProblems('agent_model.path', path);
    return found.length === 0 ? contextProblems(path, config) : found;
  });
  problems.push(...distinct(critic.path ?? []).flatMap((path) => modelProblems('critic_model.path', path)));
  for (const key of ['dataset', 'path'] as const) {
    const path = env[key];
    if (typeof path !== 'string' || !isAbsolute(path) || existsSync(path)) continue;
    const cure = key === 'dataset' ? datasetCure(basename(path)) : 'Check the path.';
    problems.push({
      path: `env.${key}`,
      message: `\`env.${key}\` is ${path}, but there is no such file. ${cure}`,
    });
  }
  return problems;
}

/** A bare word is taken for a path, though `builtin` or a data set of the hub may have been meant. */
function datasetCure(name: string): string {
  if (extname(name) !== '') return 'Check the path.';
  const meant = nearest(name, ['builtin', 'tiny']);
  const guess = meant === undefined ? 'Check the path' : `Did you mean \`${meant}\`? Else check the path`;
  return `${guess}, or name a data set of the hub as org/name.`;
}

function distinct(paths: string | readonly string[]): string[] {
  return [...new Set([paths].flat())];
}

function modelProblems(key: string, path: string): Problem[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    return [
      {
        path: key,
        message: `\`${key}\` is ${path}, but there is no such folder. Give the folder of a model in Hugging Face layout.`,
      },
    ];
  }
  const missing = ['config.json', 'tokenizer.json'].filter((name) => !existsSync(join(path, name)));
  if (missing.length === 0) return [];
  return [
    {
      path: key,
      message: `\`${key}\` is ${path}, but that folder has no ${missing.join(' and no ')}. Give a complete model folder.`,
    },
  ];
}

function contextProblems(path: string, { agent_model: agent, train }: Config): Problem[] {
  let context: unknown;
  try {
    context = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')).max_position_embeddings;
  } catch (error) {
    return [
      {
        path: 'agent_model.path',
        message: `\`${join(path, 'config.json')}\` cannot be read (${(error as Error).message}). Fetch the model again.`,
      },
    ];
  }
  const prompt = agent.max_prompt_tokens ?? 1;
  if (typeof context !== 'number' || prompt + train.max_new_tokens <= context) return [];
  const given = agent.max_prompt_tokens === null ? '' : `\`agent_model.max_prompt_tokens\` (${prompt}) and `;
  return [
    {
      path: 'train.max_new_tokens',
      message:
        `${given}\`train.max_new_tokens\` (${train.max_new_tokens}) do not fit the model's context of ${context} tokens. ` +
        'Lower them, or take a model with a longer context.',
    },
  ];
}
