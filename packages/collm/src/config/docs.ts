/** docs/configuration.md, made from the schema. */
import { type Knob, knobs } from './knobs.js';

const sections: Readonly<Record<string, string>> = {
  env: 'Where the agents act.',
  agent_model: 'The language model that every agent starts from.',
  critic_model: 'The language model that the critic starts from.',
  algorithm: 'How the agents learn.',
  train: 'Steps, sampling, optimisation, evaluation and checkpoints.',
};

/** The page as Markdown. */
export function configurationMarkdown(): string {
  const parts = Object.entries(sections).map(([section, about]) => sectionMarkdown(section, about));
  return `# Configuration

Generated from \`packages/collm/src/config/\`; change it there.

A run is described by YAML files, read by \`collm train first.yaml second.yaml --set train.seed=1\`. Defaults come first,
then the files from left to right, then the assignments. Sections merge, lists replace, \`null\` clears: where a key
allows null it means what the table says, elsewhere it brings back the default. Paths are relative to the file they
stand in, in assignments to the current folder. \`--dry-run\` checks everything and prints the result; every run saves it
as \`config.yaml\`. For editors there is a JSON Schema, \`docs/generated/configuration.schema.json\`.

A run needs at least:

\`\`\`yaml
env:
  type: str_build
agent_model:
  path: Qwen/Qwen3-0.6B # a model of the hub, or a folder
algorithm:
  name: collm_cc
\`\`\`

A model is a folder if there is one of that name, beside the file that names it. Otherwise \`org/name\` and
\`org/name@revision\` are fetched from the Hugging Face hub once, into the cache that Python's tools share; a download
that was interrupted goes on where it ended. A run's \`config.yaml\` names the commit, so that a resumed run starts
from the same weights. \`HF_HUB_OFFLINE=1\` takes models from the cache alone; \`HF_TOKEN\`, \`HF_HOME\`,
\`HF_HUB_CACHE\` and \`HF_ENDPOINT\` mean what they mean to those tools.

${parts.join('\n')}`;
}

function sectionMarkdown(section: string, about: string): string {
  const own = knobs.filter(({ path }) => path.startsWith(`${section}.`));
  const branches = [...new Set(own.map(({ branch }) => branch))];
  const tables = branches.map((branch) => {
    const rows = own.filter((knob) => knob.branch === branch).map(row);
    const title = branch === undefined ? '' : `### \`${branch}\`\n\n`;
    return `${title}| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `## \`${section}\`\n\n${about}\n\n${tables.join('\n')}`;
}

function row({ path, rule, description, ...knob }: Knob): string {
  const key = path.slice(path.indexOf('.') + 1);
  const fallback = 'default' in knob ? `\`${JSON.stringify(knob.default)}\`` : 'needed';
  return `| \`${key}\` | ${rule} | ${fallback} | ${description} |`;
}
