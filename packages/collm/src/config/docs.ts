/** docs/configuration.md, made from the schema. */
import { tasks } from '@collm/envs';
import { type Knob, knobs } from './knobs.js';

const sections: Readonly<Record<string, string>> = {
  env: 'Where the agents act.',
  agent_model: 'The language models that the agents start from.',
  critic_model: 'The language models that critics start from.',
  algorithm:
    'How the agents learn. `name` chooses the algorithm; the tables say which keys it has. ' +
    '[algorithms.md](algorithms.md) has the formulas, and what P and D numbers stand for.',
  train: 'Steps, sampling, optimisation, evaluation and checkpoints.',
  tracking:
    'Metrics for other tools, beside the files of the run; [metrics.md](metrics.md#trackers) says what they get.',
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

\`configs/str_build/\` has the published settings of every algorithm for StrBuild, with comments, and \`configs/<task>/\`
those of CoLLM-CC, CoLLM-DC and MAGRPO for the others.

Keys are spelt as in CoMLRL where it has them. Its spellings of values are read too: the names \`maac\` and \`iac\`, the
joint modes \`align\` and \`crossed\`, \`true\` and \`false\` for \`advantage_normalization\` (true is \`batch\` with a critic,
else \`node\`), \`bf16\`. Keys that are called otherwise here are answered with their name in this page.

${parts.join('\n')}`;
}

/** One key as a table shows it: branches where it means the same share a row. */
interface Row extends Knob {
  readonly branches: string[];
  /** Default by branch; none where the key must be given. */
  readonly defaults: Map<string, unknown>;
}

function sectionMarkdown(section: string, about: string): string {
  const rows = mergedRows(knobs.filter(({ path }) => path.startsWith(`${section}.`)));
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const title = titleOf(row, section, rows);
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  // What many branches share comes first.
  const sorted = [...groups].sort(([, [a]], [, [b]]) => breadth(b) - breadth(a));
  const tables = sorted.map(([title, own]) => {
    const heading = title === '' ? '' : `### ${title}\n\n`;
    return `${heading}| key | value | default | meaning |\n| --- | --- | --- | --- |\n${own.map(rowMarkdown).join('\n')}\n`;
  });
  return `## \`${section}\`\n\n${about}\n\n${tables.join('\n')}`;
}

/** Branches that a key is in; one without branches is in all, and the key that chooses among them comes first. */
const breadth = (row: Row | undefined) => {
  const [first] = row?.branches ?? [];
  return first === undefined || first.startsWith(`${row?.path}:`)
    ? Number.POSITIVE_INFINITY
    : (row?.branches.length ?? 0);
};

function mergedRows(own: readonly Knob[]): Row[] {
  const rows = new Map<string, Row>();
  for (const knob of own) {
    const same = JSON.stringify([knob.path, knob.rule, knob.description]);
    const row: Row = rows.get(same) ?? { ...knob, branches: [], defaults: new Map() };
    rows.set(same, row);
    if (knob.branch !== undefined) row.branches.push(knob.branch);
    if ('default' in knob) row.defaults.set(knob.branch ?? '', knob.default);
  }
  return [...rows.values()];
}

/** Above the keys of the same branches. */
function titleOf({ path, branches }: Row, section: string, rows: readonly Row[]): string {
  const [first] = branches;
  if (first === undefined) return '';
  const key = first.slice(0, first.indexOf(':'));
  const names = branches.map((branch) => `\`${branch.slice(key.length + 2)}\``);
  if (path === key) return `\`${key.slice(section.length + 1)}\``;
  const all = new Set(rows.flatMap((row) => row.branches)).size;
  if (branches.length === all) return all === 1 ? names.join('') : 'All';
  if (key === 'env.type' && branches.length === tasks.length) return 'All tasks';
  return names.join(', ');
}

function rowMarkdown({ path, rule, description, defaults }: Row): string {
  const key = path.slice(path.indexOf('.') + 1);
  return `| \`${key}\` | ${rule} | ${defaultText(defaults)} | ${description} |`;
}

/** A default, or each with the branches that have it. */
function defaultText(defaults: Row['defaults']): string {
  if (defaults.size === 0) return 'needed';
  const byValue = new Map<string, string[]>();
  for (const [branch, value] of defaults) {
    const text = `\`${JSON.stringify(value)}\``;
    byValue.set(text, [...(byValue.get(text) ?? []), branch.slice(branch.indexOf(':') + 2)]);
  }
  const most = [...byValue].sort(([, a], [, b]) => b.length - a.length);
  if (most.length === 1) return most[0]?.[0] as string;
  return most
    .map(([text, names], place) => (place === 0 ? text : `${text} for ${names.join(', ')}`))
    .join(', ');
}
