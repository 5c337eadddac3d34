/** The README.md of an exported agent, as the hub shows it. */
import { stringify } from 'yaml';
import { lastName } from '../config/named-paths.js';
import { formatName } from '../dtypes.js';
import { counted } from '../format.js';
import { codeBlock, codeSpan, escapeMarkdown } from '../markdown.js';
import { versions } from '../versions.js';
import type { BaseName } from './base-name.js';
import type { RunFacts } from './card-facts.js';
import type { LogitComparison } from './compare-logits.js';
import type { RunAgent } from './run-agent.js';
import type { ExportTarget } from './target.js';
import type { WrittenModel } from './write-model.js';

export interface CardContent {
  readonly facts: RunFacts;
  readonly agent: RunAgent;
  readonly to: ExportTarget;
  readonly base: BaseName;
  readonly written: WrittenModel;
}

/** Characters of a prompt or a response that an example shows. */
const shownCharacters = 3000;

/** The card as Markdown, with the YAML that the hub reads in front. */
export function modelCard(content: CardContent): string {
  const sections = [
    about(content),
    usage(content),
    evaluation(content),
    example(content),
    training(content),
    comparison(content),
    limits(content),
  ];
  return `${frontMatter(content)}\n${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function frontMatter({ facts, to, base }: CardContent): string {
  const { algorithm, environment } = facts.run.meta;
  const tags = ['collm', 'multi-agent', 'reinforcement-learning', algorithm, environment];
  const entries = {
    library_name: to === 'peft' ? 'peft' : 'transformers',
    pipeline_tag: 'text-generation',
    ...(base.onHub ? { base_model: base.name } : {}),
    tags: [...new Set(tags)].map((tag) => tag.replaceAll('_', '-')),
  };
  return `---\n${stringify(entries, { lineWidth: 0 })}---\n`;
}

function about({ facts, agent, to, base, written }: CardContent): string {
  const { meta, config } = facts.run;
  const role = facts.roles[agent.index];
  const place = agent.shared
    ? `It plays all ${config.env.num_agents} roles of the team, which share its weights.`
    : `It is agent-${agent.index}, one of ${config.env.num_agents}${role === undefined ? '' : `, who ${escapeMarkdown(role)}`}.`;
  const what = {
    hf: 'all weights of the model were trained',
    peft: 'a LoRA adapter, to be used with its base model',
    merged: 'a LoRA adapter merged into its base model',
  }[to];
  const task = facts.summary === null ? '' : `: ${escapeMarkdown(facts.summary)}`;
  const rows = {
    run: codeSpan(meta.name),
    'base model': `${codeSpan(shownBase(base))}${base.revision === null ? '' : `, revision ${codeSpan(base.revision)}`}`,
    'what this is': `${what}, in ${codeSpan(formatName(written.dtype))}`,
    algorithm: codeSpan(meta.algorithm),
    environment: `${codeSpan(meta.environment)}${task}`,
    'training steps': String(facts.step),
    'environment steps': String(facts.envSteps),
    seed: String(meta.seed),
  };
  return `# ${escapeMarkdown(meta.name)}, ${agent.shared ? 'all agents' : `agent-${agent.index}`}

One member of a team of language models that was trained to work decentrally: each sees only its own history, and all
answer at the same time. ${place}

${table(['', ''], Object.entries(rows))}${teamRoles(facts)}`;
}

function teamRoles({ roles }: RunFacts): string {
  if (roles.length === 0) return '';
  return `\n\nThe team:\n\n${roles.map((role, index) => `- agent-${index}: ${escapeMarkdown(role)}`).join('\n')}`;
}

function usage({ to, base, agent, facts }: CardContent): string {
  const plain = facts.plainText[agent.index] === true;
  const local =
    to === 'peft' && !base.onHub
      ? `Its base is no model of the hub: set ${codeSpan('base_model_name_or_path')} in ${codeSpan('adapter_config.json')} to where you have ${codeSpan(shownBase(base))}.`
      : '';
  const format = plain ? 'Its task is given to it as plain text, without the chat template.' : '';
  return [
    '## Use',
    format,
    codeBlock(python(to, plain, facts), 'python'),
    codeBlock(shell(to, plain, base), 'sh'),
    local,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function python(to: ExportTarget, plain: boolean, { run }: RunFacts): string {
  const { temperature, top_p, max_new_tokens } = run.config.train;
  const imports =
    to === 'peft'
      ? 'from peft import AutoPeftModelForCausalLM as AutoModel\nfrom transformers import AutoTokenizer'
      : 'from transformers import AutoModelForCausalLM as AutoModel, AutoTokenizer';
  const prompt = plain
    ? 'tokenizer("…", return_tensors="pt")'
    : 'tokenizer.apply_chat_template([{"role": "user", "content": "…"}], add_generation_prompt=True, return_tensors="pt", return_dict=True)';
  return `${imports}

folder = "path/to/this/folder"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder, dtype="auto")
prompt = ${prompt}
answer = model.generate(**prompt, do_sample=True, temperature=${temperature}, top_p=${top_p}, max_new_tokens=${max_new_tokens})
print(tokenizer.decode(answer[0, prompt["input_ids"].shape[1]:], skip_special_tokens=True))`;
}

function shell(to: ExportTarget, plain: boolean, base: BaseName): string {
  const folder = 'path/to/this/folder';
  if (to === 'peft') {
    const chat = plain ? '' : ' --chat';
    return `collm model generate ${quoted(shownBase(base))} --adapter ${folder}${chat} --prompt "…"`;
  }
  const talk = plain ? `collm model generate ${folder} --prompt "…"` : `collm chat ${folder}`;
  return `${talk}\ncollm serve ${folder}`;
}

function evaluation({ facts }: CardContent): string {
  const { evaluation: found, step, run } = facts;
  if (found === null)
    return `## Evaluation\n\nThe run has not evaluated the team at step ${step}, the checkpoint that this is.`;
  const { eval_temperature: temperature, top_p } = run.config.train;
  const how = temperature === 0 ? 'greedy' : `at temperature ${temperature}, top-p ${top_p}`;
  const rows = found.figures.map(({ name, mean, standardError }) => [
    codeSpan(name),
    mean.toFixed(4),
    standardError.toFixed(4),
  ]);
  return `## Evaluation

The whole team at this checkpoint (step ${step}) on ${counted(found.episodes, 'evaluation episode')}, ${how}. The standard error is over items.

${table(['metric', 'mean', 'standard error'], rows)}`;
}

function example({ facts, agent }: CardContent): string {
  const turn = facts.turn?.agents[agent.index];
  if (turn === undefined) return '';
  const messages = turn.messages.map(
    ({ role, content }) => `${escapeMarkdown(role)}:\n\n${codeBlock(cut(content))}`,
  );
  return `## Example

What it is told at first, and what it answered in the evaluation above. It knows this kind of prompt best.

${messages.join('\n\n')}

its answer:

${codeBlock(cut(turn.response))}`;
}

function training({ facts }: CardContent): string {
  const { meta } = facts.run;
  const by = Object.entries(meta.versions).map(
    ([name, version]) => `${escapeMarkdown(name)} ${escapeMarkdown(version)}`,
  );
  return `## Training

Trained with CoLLM (${by.join(', ')}), begun ${escapeMarkdown(meta.created)}; exported with collm ${versions().collm}. The configuration, defaults
included; of paths only the last name is given:

${codeBlock(facts.config, 'yaml')}`;
}

function comparison({ to, written }: CardContent): string {
  return `## Check

${comparisonSentence(written.comparison, to)}`;
}

/** What came of the comparison, for the card and for people. */
export function comparisonSentence(found: LogitComparison, to: ExportTarget): string {
  const { prompts, positions, difference, scale, allowed, sameChoice, adapterEffect } = found;
  const where = `on ${counted(prompts, 'prompt')} with ${counted(positions, 'position')}`;
  const effect =
    adapterEffect === null
      ? ''
      : ` The adapter itself moves logits by up to ${adapterEffect.toPrecision(3)}.`;
  const verdict =
    difference === 0
      ? 'exactly the same'
      : `the same up to ${difference.toPrecision(3)} (they go up to ${scale.toPrecision(3)}; up to ${allowed.toPrecision(3)} is ${to === 'merged' ? 'what merging may round' : 'what the number format may round'}), with the same most likely token at ${sameChoice} of them`;
  return `The exported files were loaded again, and their logits compared with those of the agent in its run ${where}: ${verdict}.${effect}`;
}

function limits({ agent, facts }: CardContent): string {
  const others = facts.run.config.env.num_agents > 1 && !agent.shared;
  return `## Limits

- It was trained by reinforcement learning for one task. Nothing else was tested, and what the base model could do
  otherwise may have suffered.
- ${others ? 'It learned beside the other agents of its run, and expects them as they were at this checkpoint. With others, or alone, the figures above do not hold.' : 'The figures above hold for the task and the data of the run alone.'}
- What is known of the base model's faults, and its licence, hold for this one too.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cut(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}\n… (cut)`;
}

function shownBase(base: BaseName): string {
  return base.onHub ? base.name : lastName(base.name);
}

function quoted(text: string): string {
  return /^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
