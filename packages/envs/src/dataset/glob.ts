/** The patterns that data sets on the hub name their files with. */

/**
 * Whether a path matches a pattern: `*` is anything but `/`, `**` anything, `?` one character but `/`; the rest stands for
 * itself. Time grows with the product of the lengths, whatever the pattern.
 */
export function matchesGlob(path: string, pattern: string): boolean {
  const parts = pattern.replace(/^\.\//, '').match(/\*\*\/?|[^*]|\*/g) ?? [];
  /** `reached[i]`: the parts so far match the first `i` characters. */
  let reached = Array.from({ length: path.length + 1 }, (_, i) => i === 0);
  for (const part of parts) {
    const next: boolean[] = Array(path.length + 1).fill(false);
    let anyBefore = false;
    for (let i = 0; i <= path.length; i++) {
      const before = path[i - 1];
      if (part === '*') next[i] = Boolean(reached[i]) || (i > 0 && before !== '/' && Boolean(next[i - 1]));
      else if (part === '**') next[i] = Boolean(reached[i]) || (i > 0 && Boolean(next[i - 1]));
      // `**/` is any folders, or none.
      else if (part === '**/') next[i] = Boolean(reached[i]) || (before === '/' && anyBefore);
      else next[i] = i > 0 && Boolean(reached[i - 1]) && (part === '?' ? before !== '/' : part === before);
      anyBefore ||= Boolean(reached[i]);
    }
    reached = next;
  }
  return reached[path.length] === true;
}
