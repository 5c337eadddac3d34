/** A flat list as consecutive pieces of the given lengths: the way back after many lists went through as one batch. */
export function split<T>(flat: readonly T[], lengths: readonly number[]): T[][] {
  let start = 0;
  return lengths.map((length) => {
    const piece = flat.slice(start, start + length);
    start += length;
    return piece;
  });
}
