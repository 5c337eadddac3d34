/** What has to fit together in a study file: names that are used are there, and every claim compares two cells. */
import type { Problem } from '../errors.js';
import { nearest } from '../nearest.js';
import { completeConditions, excluded, taskUnder } from './grid.js';
import { inputProblems } from './input-rules.js';
import { isName, nameRule, type StudyFile } from './study-schema.js';
import type { CellName, CellPattern, Claim, Study } from './types.js';

/** All that does not fit, in the order of the file. */
export function studyRuleProblems(study: Study, file: StudyFile): Problem[] {
  return [
    ...nameProblems(study),
    ...emptyProblems(study),
    ...perTaskProblems(study),
    ...patternProblems(study),
    ...seedProblems(study),
    ...inputProblems(study),
    ...study.claims.flatMap((claim) => claimProblems(study, claim, file)),
  ];
}

/** Axes are named beside these in `exclude` and `--only`. */
const reserved = ['task', 'method', 'seed'];

const names = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name);

function nameProblems({ models, tasks, methods, axes, claims }: Study): Problem[] {
  const all: [string, string][] = [
    ...[...models.keys()].map((name): [string, string] => ['models', name]),
    ...names(tasks).map((name): [string, string] => ['tasks', name]),
    ...names(methods).map((name): [string, string] => ['methods', name]),
    ...names(axes).map((name): [string, string] => ['axes', name]),
    ...axes.flatMap(({ name, levels }) =>
      names(levels).map((level): [string, string] => [`axes.${name}.levels`, level]),
    ),
    ...claims.map(({ id }): [string, string] => ['claims', id]),
  ];
  const wrong = all.filter(([, name]) => !isName(name));
  const taken = axes.filter(({ name }) => reserved.includes(name));
  return [
    ...wrong.map(([section, name]) => ({
      path: `${section}.${name}`,
      message: `"${name}" in \`${section}\` is no good name: folders are named after it. Use ${nameRule}.`,
    })),
    ...taken.map(({ name }) => ({
      path: `axes.${name}`,
      message: `\`axes.${name}\` has a name that means something else. Call it otherwise than ${reserved.join(', ')}.`,
    })),
  ];
}

function emptyProblems({ tasks, methods, axes }: Study): Problem[] {
  const empty = [
    ...(tasks.length === 0 ? ['tasks'] : []),
    ...(methods.length === 0 ? ['methods'] : []),
    ...axes.flatMap(({ name, levels }) => (levels.length === 0 ? [`axes.${name}.levels`] : [])),
  ];
  return empty.map((path) => ({
    path,
    message: `\`${path}\` is empty, so there is nothing to run. Add one.`,
  }));
}

function perTaskProblems({ tasks, methods }: Study): Problem[] {
  return methods.flatMap(({ name, perTask }) =>
    Object.keys(perTask).flatMap((task) =>
      unknown(`methods.${name}.per_task.${task}`, 'task', task, names(tasks)),
    ),
  );
}

/** Cells that `exclude` and `overrides` name are there. */
function patternProblems(study: Study): Problem[] {
  const known = new Map([
    ['task', names(study.tasks)],
    ['method', names(study.methods)],
    ...study.axes.map(({ name, levels }): [string, string[]] => [name, names(levels)]),
  ]);
  const problems = (path: string, pattern: CellPattern, all: string): Problem[] => {
    const keys = Object.keys(pattern);
    if (keys.length === 0) return [{ path, message: `\`${path}\` names nothing, and would ${all}.` }];
    return keys.flatMap((key) => {
      const values = known.get(key);
      if (values === undefined) return unknown(`${path}.${key}`, 'axis', key, [...known.keys()]);
      return (pattern[key] ?? []).flatMap((value) => unknown(`${path}.${key}`, key, value, values));
    });
  };
  return [
    ...study.exclude.flatMap((entry, index) =>
      problems(`exclude.${index}`, entry, 'leave out all. Remove it'),
    ),
    ...study.overrides.flatMap(({ where }, index) =>
      problems(`overrides.${index}.where`, where, 'change all. Put its configuration into `base`'),
    ),
    ...study.overrides.flatMap(({ where, threshold }, index) => {
      const path = `overrides.${index}.threshold`;
      const message = `\`${path}\` is for one of several methods, but methods are compared by one threshold. Leave \`method\` out of its \`where\`.`;
      return threshold !== null && where.method !== undefined ? { path, message } : [];
    }),
  ];
}

function seedProblems({ seeds, tasks }: Study): Problem[] {
  const lists = [
    ['seeds', seeds] as const,
    ...tasks.map((task) => [`tasks.${task.name}.seeds`, task.seeds] as const),
  ];
  return lists.flatMap(([path, list]) => {
    const twice = (list ?? []).filter((seed, index, all) => all.indexOf(seed) < index);
    return [...new Set(twice)].map((seed) => ({
      path,
      message: `\`${path}\` names ${seed} twice, but equal seeds give equal runs. Name it once.`,
    }));
  });
}

function claimProblems(study: Study, claim: Claim, file: StudyFile): Problem[] {
  const { id, task, first, second, expect, measure } = claim;
  const path = `claims.${id}`;
  const given = file.claims[id]?.margin !== undefined;
  const problems = [
    ...unknown(`${path}.task`, 'task', task, names(study.tasks)),
    ...cellProblems(study, claim, 'first', first),
    ...cellProblems(study, claim, 'second', second),
  ];
  // Conditions that are wrong may have a threshold of their own once they are put right.
  const mayBeTimed = problems.length > 0 && study.overrides.some(({ threshold }) => threshold !== null);
  if (JSON.stringify(first) === JSON.stringify(second)) {
    problems.push({ path, message: `\`${path}\` compares a cell with itself. Name another as \`second\`.` });
  }
  if (expect === 'equal' && !given) {
    const message = `\`${path}.margin\` is not set, but \`expect: equal\` needs it: how far apart still counts as equal.`;
    problems.push({ path: `${path}.margin`, message });
  }
  if (expect !== 'equal' && given) {
    const message = `\`${path}.margin\` belongs to \`expect: equal\`, not to ${expect}. Remove it.`;
    problems.push({ path: `${path}.margin`, message });
  }
  const compared = study.tasks.find(({ name }) => name === task);
  const timed = [first, second].every(
    ({ conditions }) =>
      compared && taskUnder(study, compared, completeConditions(study, conditions)).threshold !== null,
  );
  if (measure === 'samples' && compared !== undefined && !timed && !mayBeTimed) {
    const message = `\`${path}.measure\` is samples, but \`tasks.${task}.threshold\` is not set: nothing says what is to be reached. Set it.`;
    problems.push({ path: `${path}.measure`, message });
  }
  return problems;
}

function cellProblems(study: Study, { id, task }: Claim, key: 'first' | 'second', cell: CellName): Problem[] {
  const path = `claims.${id}.${key}`;
  const { method, conditions } = cell;
  const problems = [
    ...unknown(`${path}.method`, 'method', method, names(study.methods)),
    ...Object.keys(conditions).flatMap((axis) =>
      unknown(`${path}.conditions.${axis}`, 'axis', axis, names(study.axes)),
    ),
    ...study.axes.flatMap(({ name, levels }): Problem[] => {
      const level = conditions[name];
      if (level !== undefined) return unknown(`${path}.conditions.${name}`, 'level', level, names(levels));
      if (levels.length === 1) return [];
      const message = `\`${path}.conditions.${name}\` is not set, but \`${name}\` has ${levels.length} levels. Name one of ${names(levels).join(', ')}.`;
      return [{ path: `${path}.conditions.${name}`, message }];
    }),
  ];
  if (problems.length > 0) return problems;
  if (!excluded(study, task, method, completeConditions(study, conditions))) return [];
  const message = `\`${path}\` is a cell that \`exclude\` leaves out. Compare another, or keep it.`;
  return [{ path, message }];
}

/** A problem unless the name is known. */
function unknown(path: string, what: string, name: string, known: readonly string[]): Problem[] {
  if (known.includes(name)) return [];
  const near = nearest(name, known);
  const cure = near === undefined ? `Known are ${known.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`;
  return [{ path, message: `\`${path}\`: there is no ${what} "${name}" in this study. ${cure}` }];
}
