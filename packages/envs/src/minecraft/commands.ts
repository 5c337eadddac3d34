/**
 * From a response to accepted commands (minecraft spec, 1.1-1.6): lines, tokens, the budget, and `/setblock`.
 * An environment hands `readCommands` one reader per command it knows; HouseBuild's are in its own folder.
 */

import {
  decimalDigitValue,
  isPythonSpace,
  parsePythonInt,
  pythonSplitLines,
  pythonTokens,
  pythonTrim,
  pythonTrimStart,
} from '../text/python-text.js';
import { normaliseBlock } from './blocks.js';
import { type Box, type Cell, insideBox } from './world.js';

/** A line that was not carried out, and why. Agents never see it and it costs nothing. */
export interface Rejection {
  /** The line after trimming and removal of its list marker. */
  line: string;
  /** One of the texts of section 1.6. */
  reason: string;
}

/** A command as it was accepted, with its canonical text. */
export interface Accepted<C> {
  text: string;
  command: C;
}

/** What one agent's response came to. */
export interface CommandReport<C> {
  accepted: Accepted<C>[];
  rejected: Rejection[];
}

/** Reads the tokens of one command (the first is its lower-cased name) or says why it cannot be accepted. */
export type CommandReader<C> = (tokens: readonly string[]) => Accepted<C> | { reason: string };

/** `/setblock`: one block at one cell. */
export interface SetBlock {
  cell: Cell;
  block: string;
}

const FENCE = '```';

/** The text inside the first code fence without its language tag, or all of it where no fence closes. */
function stripFence(response: string): string {
  const text = pythonTrim(response);
  const parts = text.split(FENCE, 3);
  if (parts.length < 3) return text;
  const inside = pythonTrim(parts[1] as string);
  return pythonTrim(inside.slice(languageTagLength(inside)));
}

/** Length of a leading lone word with its newline, or 0. */
function languageTagLength(text: string): number {
  let end = 0;
  while (end < text.length && isTagCharacter(text.charCodeAt(end))) end++;
  if (end === 0) return 0;
  for (let i = end; i < text.length && isPythonSpace(text.charCodeAt(i)); i++) {
    if (text[i] === '\n') return i + 1;
  }
  return 0;
}

function isTagCharacter(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x2d
  );
}

/** Drops one leading list marker: a run of `-` and `*`, or digits followed by `.` or `)`. Expects a trimmed line. */
function stripListMarker(line: string): string {
  let end = 0;
  while (line[end] === '-' || line[end] === '*') end++;
  if (end === 0) {
    let digits = 0;
    for (;;) {
      const codePoint = line.codePointAt(digits);
      if (codePoint === undefined || decimalDigitValue(codePoint) < 0) break;
      digits += codePoint > 0xffff ? 2 : 1;
    }
    if (digits > 0 && (line[digits] === '.' || line[digits] === ')')) end = digits + 1;
  }
  return pythonTrim(line.slice(end));
}

/** The lines of a response that may be commands (section 1.1): none of them is blank. */
export function commandLines(response: string): string[] {
  const lines: string[] = [];
  for (const raw of pythonSplitLines(stripFence(response))) {
    const line = stripListMarker(pythonTrim(raw));
    if (line !== '') lines.push(line);
  }
  return lines;
}

/** The tokens of a line; the first, its command name, is lower-cased. Empty for a line such as `/`. */
export function commandTokens(line: string): string[] {
  const trimmed = pythonTrim(line);
  const tokens = pythonTokens(trimmed.startsWith('/') ? pythonTrimStart(trimmed.slice(1)) : trimmed);
  if (tokens[0] !== undefined) tokens[0] = tokens[0].toLowerCase();
  return tokens;
}

/** Digits that a number can have and be exact. */
const SAFE_DIGITS = 15;

/** The number a coordinate token stands for, or null if it is relative or no integer (section 1.3). */
export function parseCoordinate(token: string): number | null {
  return token.startsWith('~') || token.startsWith('^')
    ? null
    : (plainInteger(token) ?? parsePythonInt(token));
}

/** The value of a short token of ASCII digits, with or without a minus; null for whatever needs a closer look. */
function plainInteger(token: string): number | null {
  const negative = token.charCodeAt(0) === 0x2d;
  const start = negative ? 1 : 0;
  if (token.length === start || token.length > start + SAFE_DIGITS) return null;
  let value = 0;
  for (let i = start; i < token.length; i++) {
    const digit = token.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return negative && value !== 0 ? -value : value;
}

/**
 * Shares out the team's budget of accepted commands: equal parts of at least 1, the remainder to agent 1
 * (section 1.5).
 */
export function splitBudget(total: number, numAgents: number): number[] {
  const share = Math.max(1, Math.floor(total / numAgents));
  return Array.from({ length: numAgents }, (_, agent) => (agent === 0 ? share + (total % numAgents) : share));
}

/**
 * Reads one agent's response. Takes time linear in its length and accepts any text.
 * @param readers one reader per command name
 * @param budget most commands to accept; every line after that is rejected unread
 */
export function readCommands<C>(
  response: string,
  readers: ReadonlyMap<string, CommandReader<C>>,
  budget: number,
): CommandReport<C> {
  const report: CommandReport<C> = { accepted: [], rejected: [] };
  for (const line of commandLines(response)) {
    if (report.accepted.length >= budget) {
      report.rejected.push({ line, reason: `exceeds max_commands=${budget}` });
      continue;
    }
    const tokens = commandTokens(line);
    const name = tokens[0];
    if (name === undefined) continue;
    const reader = readers.get(name);
    const result = reader ? reader(tokens) : { reason: `unsupported command: ${name}` };
    if ('reason' in result) report.rejected.push({ line, reason: result.reason });
    else report.accepted.push(result);
  }
  return report;
}

/** The reader of `/setblock x y z block` (section 2.6). Tokens after the block are ignored. */
export function setBlockReader(allowed: ReadonlySet<string>, box: Box): CommandReader<SetBlock> {
  return (tokens) => {
    const [, xToken, yToken, zToken, blockToken] = tokens;
    if (xToken === undefined || yToken === undefined || zToken === undefined || blockToken === undefined) {
      return { reason: 'setblock needs: /setblock x y z block' };
    }
    const x = parseCoordinate(xToken);
    const y = parseCoordinate(yToken);
    const z = parseCoordinate(zToken);
    if (x === null || y === null || z === null) {
      return { reason: 'setblock coords must be absolute integers (no ~)' };
    }
    const block = normaliseBlock(blockToken);
    if (!allowed.has(block)) return { reason: `block not allowed: ${block}` };
    const cell = { x, y, z };
    if (!insideBox(box, cell)) return { reason: 'setblock coord out of bbox' };
    return { text: setBlockText(cell, block), command: { cell, block } };
  };
}

/** `/setblock x y z block`. */
export function setBlockText({ x, y, z }: Cell, block: string): string {
  return `/setblock ${x} ${y} ${z} ${block}`;
}
