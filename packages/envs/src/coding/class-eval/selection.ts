/** Which methods an agent has written (coding spec, 15). */
import { readDefLine } from '../extraction.js';

const FENCE = '```';

/**
 * The target methods of a response with their code: those in its first fenced block, if it has one. A method goes up to the
 * next `def` line; of two with one name the later counts.
 */
export function chosenMethods(response: string, targets: ReadonlySet<string>): Map<string, string> {
  const chosen = new Map<string, string>();
  let name: string | null = null;
  let block: string[] = [];
  const close = () => {
    if (name !== null && targets.has(name)) chosen.set(name, block.join('\n').trimEnd());
  };
  for (const line of firstFenced(response).split('\n')) {
    const def = readDefLine(line);
    if (def === null) {
      block.push(line);
      continue;
    }
    close();
    name = def.name;
    block = [line];
  }
  close();
  return chosen;
}

/** What stands between the first two fences, without the line of the first; the whole text where there are no two. */
function firstFenced(text: string): string {
  const open = text.indexOf(FENCE);
  const close = open < 0 ? -1 : text.indexOf(FENCE, open + FENCE.length);
  if (close < 0) return text;
  const lineEnd = text.indexOf('\n', open);
  return lineEnd < 0 || lineEnd > close ? '' : text.slice(lineEnd + 1, close);
}
