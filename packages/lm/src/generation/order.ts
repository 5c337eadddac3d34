/**
 * The rows that stay, as `KvCache.keep` takes them: rows that end leave at once and the last ones take their
 * places. That costs at most the copy of one row each, which is what another step would cost them.
 */
export function orderOfRest<Row>(rows: readonly Row[], stays: (row: Row) => boolean): number[] {
  const rest = [...rows.keys()].filter((i) => stays(rows[i] as Row));
  const inPlace = new Set(rest.filter((i) => i < rest.length));
  const movers = rest.filter((i) => i >= rest.length);
  return Array.from(rest, (_, i) => (inPlace.has(i) ? i : (movers.pop() as number)));
}
