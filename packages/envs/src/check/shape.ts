/** Whether what an environment is and gives has the shape of the interface. Nothing is taken on trust: users write them. */
import type { Environment } from '../env.js';
import { type Findings, shown } from './findings.js';

type Dict = Readonly<Record<string, unknown>>;

/** Checks fields, methods and items; false when there is nothing to play with. */
export function checkShape(given: unknown, findings: Findings): given is Environment {
  if (given === null || typeof given !== 'object') {
    findings.fail('interface', `it is ${given === null ? 'null' : `a ${typeof given}`}, not an object.`);
    return false;
  }
  const env = given as Dict;
  const wants: [string, boolean, string][] = [
    ['name', typeof env.name === 'string' && env.name !== '', 'a text'],
    ['numAgents', isCount(env.numAgents), 'a whole number, 1 or more'],
    ['numTurns', isCount(env.numTurns), 'a whole number, 1 or more'],
    [
      'earlyTerminationThreshold',
      env.earlyTerminationThreshold === null || isNumber(env.earlyTerminationThreshold),
      'a number or null',
    ],
    [
      'rewardShape',
      [undefined, 'team', 'perAgent'].includes(env.rewardShape as string),
      "'team' or 'perAgent'",
    ],
    ['rewardRange', isRange(env.rewardRange), 'a list of the lowest and the highest reward'],
    ['trainItems', Array.isArray(env.trainItems), 'a list'],
    ['evalItems', Array.isArray(env.evalItems), 'a list'],
    ['reset', typeof env.reset === 'function', 'a function'],
    ['observe', typeof env.observe === 'function', 'a function'],
    ['step', typeof env.step === 'function', 'a function'],
    [
      'roles',
      env.roles === undefined || (Array.isArray(env.roles) && env.roles.length === env.numAgents),
      'a list with a text per agent',
    ],
  ];
  const wrong = wants.filter(
    ([key, holds, what]) =>
      !findings.expect(holds, 'interface', () => `\`${key}\` is ${shown(env[key])}, but must be ${what}.`),
  );
  if (wrong.length > 0) return false;
  const lists = [env.trainItems, env.evalItems] as unknown[][];
  return lists
    .map((items, index) => checkItems(items, index === 0 ? 'trainItems' : 'evalItems', findings))
    .every(Boolean);
}

function checkItems(items: readonly unknown[], name: string, findings: Findings): boolean {
  const seen = new Set<string>();
  let usable = findings.expect(
    name !== 'trainItems' || items.length > 0,
    'items',
    () => '`trainItems` is empty.',
  );
  for (const [index, item] of items.entries()) {
    const id = (item as Dict | null | undefined)?.id;
    if (typeof id !== 'string') {
      findings.fail('items', `\`${name}[${index}].id\` is ${shown(id)}, but must be a text.`);
      usable = false;
    } else {
      findings.expect(
        !seen.has(id),
        'items',
        () => `\`${name}[${index}].id\` is ${shown(id)}, as of an item before it.`,
      );
      seen.add(id);
    }
  }
  return usable;
}

/** Checks the observations of one turn; false when they cannot be used. */
export function checkObservations(
  given: unknown,
  numAgents: number,
  where: string,
  findings: Findings,
): boolean {
  const check = (holds: boolean, what: () => string) =>
    findings.expect(holds, 'observations', () => `${where}: ${what()}`);
  if (!check(Array.isArray(given), () => `observe gave ${shown(given)}, not a list.`)) return false;
  const observations = given as readonly unknown[];
  if (
    !check(
      observations.length === numAgents,
      () => `observe gave ${observations.length} observations for ${numAgents} agents.`,
    )
  ) {
    return false;
  }
  return observations
    .map((one, agent) => {
      const { messages, startsAfresh, format } = (one ?? {}) as Dict;
      const list: readonly unknown[] = Array.isArray(messages) ? messages : [];
      const last = list.at(-1) as Dict | undefined;
      return [
        check(list.length > 0, () => `agent ${agent} is shown no messages.`),
        list.length === 0 ||
          check(last?.role === 'user', () => `the last message to agent ${agent} is not of the role "user".`),
        check(
          list.every(isMessage),
          () => `a message to agent ${agent} is not {role: "system", "user" or "assistant", content: text}.`,
        ),
        check(
          typeof startsAfresh === 'boolean',
          () => `\`startsAfresh\` of agent ${agent} is ${shown(startsAfresh)}, not true or false.`,
        ),
        check(
          [undefined, 'chat', 'text'].includes(format as string),
          () => `\`format\` of agent ${agent} is ${shown(format)}, not "chat" or "text".`,
        ),
      ].every(Boolean);
    })
    .every(Boolean);
}

/** Checks what a step gave; false when the episode cannot go on from it. */
export function checkResult(given: unknown, env: Environment, where: string, findings: Findings): boolean {
  const check = (holds: boolean, what: () => string) =>
    findings.expect(holds, 'results', () => `${where}: ${what()}`);
  if (!check(given !== null && typeof given === 'object', () => `step gave ${shown(given)}, not an object.`))
    return false;
  const { state, reward, processedReward, agentRewards, components, metrics, terminated, endedBy, info } =
    given as Dict;
  check(isNumber(reward), () => `\`reward\` is ${shown(reward)}, not a finite number.`);
  check(
    isNumber(processedReward),
    () => `\`processedReward\` is ${shown(processedReward)}, not a finite number.`,
  );
  if (
    check(isNumbers(components), () => `\`components\` is ${shown(components)}, not finite numbers by name.`)
  ) {
    const parts = Object.values(components as Record<string, number>);
    const sum = parts.reduce((total, part) => total + part, 0);
    const near = Math.abs(sum - (reward as number)) <= 1e-6 * Math.max(1, Math.abs(reward as number));
    check(parts.length === 0 || near, () => `the components add up to ${sum}, but the reward is ${reward}.`);
  }
  check(isNumbers(metrics), () => `\`metrics\` is ${shown(metrics)}, not finite numbers by name.`);
  if (env.rewardShape === 'perAgent') {
    const each =
      Array.isArray(agentRewards) && agentRewards.length === env.numAgents && agentRewards.every(isNumber);
    check(each, () => `\`agentRewards\` is ${shown(agentRewards)}, not one finite number per agent.`);
  } else {
    check(agentRewards === undefined, () => '`agentRewards` is given, but `rewardShape` is not "perAgent".');
  }
  const bad = nonJson(info, 'info');
  check(bad === undefined && isDict(info), () => `\`${bad ?? 'info'}\` is nothing that JSON can hold.`);
  const [least, most] = env.rewardRange;
  const slack = 1e-9 * Math.max(1, most - least);
  const inside = !isNumber(reward) || (reward >= least - slack && reward <= most + slack);
  findings.expect(
    inside,
    'range',
    () => `${where}: the reward is ${reward}, but \`rewardRange\` is ${least} to ${most}.`,
  );
  const ended = check(
    typeof terminated === 'boolean',
    () => `\`terminated\` is ${shown(terminated)}, not true or false.`,
  );
  const known = [undefined, null, 'last_turn', 'threshold'].includes(endedBy as string);
  check(known, () => `\`endedBy\` is ${shown(endedBy)}, not "last_turn", "threshold" or null.`);
  return check(state !== undefined, () => 'it gave no `state`.') && ended;
}

function isMessage(message: unknown): boolean {
  const { role, content } = (message ?? {}) as Dict;
  return ['system', 'user', 'assistant'].includes(role as string) && typeof content === 'string';
}

function isDict(value: unknown): value is Dict {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isNumbers(value: unknown): value is Record<string, number> {
  return isDict(value) && Object.values(value).every(isNumber);
}

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isNumber)) return false;
  const [least, most] = value as [number, number];
  return least <= most;
}

/** Where a value holds what JSON cannot, or undefined. */
function nonJson(value: unknown, path: string, depth = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || isNumber(value))
    return undefined;
  const isPlain =
    Array.isArray(value) ||
    (isDict(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value)));
  if (!isPlain || depth > 50) return path;
  for (const [key, part] of Object.entries(value as object)) {
    const bad = part === undefined ? undefined : nonJson(part, `${path}.${key}`, depth + 1);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
