import { type Tensor, tensor } from '@collm/torch';
import { uniform } from './random.js';
import { type SampledRow, toHost } from './sampled-row.js';
import { sampleTokens } from './sampler.js';
import type { StreamRow } from './stream-row.js';

/**
 * Samples one token a row, rows with equal parameters together. What a row gets does not depend on the others.
 *
 * @param logits [B, V]
 */
export function sampleRows(logits: Tensor, rows: readonly StreamRow[]): SampledRow[] {
  const groups = new Map<string, number[]>();
  for (const [i, { samplingName }] of rows.entries()) {
    const group = groups.get(samplingName);
    if (group === undefined) groups.set(samplingName, [i]);
    else group.push(i);
  }
  const places = [...groups.values()];
  const parts = toHost(places.map((group) => sampleGroup(logits, rows, group)));
  const sampled = new Array<SampledRow>(rows.length);
  for (const [i, group] of places.entries())
    for (const [k, made] of (parts[i] as SampledRow[]).entries()) {
      const place = group[k] as number;
      sampled[place] = withTop(made, rows[place]?.request.topLogProbs ?? 0);
    }
  return sampled;
}

/** A group gives as many as the one of its rows that wants most. */
const withTop = (made: SampledRow, count: number): SampledRow =>
  made.top === undefined ? made : { ...made, top: made.top.slice(0, count) };

function sampleGroup(logits: Tensor, rows: readonly StreamRow[], group: readonly number[]) {
  const members = group.map((i) => rows[i] as StreamRow);
  const { sampling } = (members[0] as StreamRow).request;
  const own =
    group.length === rows.length
      ? logits
      : logits.indexSelect(0, tensor(Int32Array.from(group), [group.length], { device: logits.device }));
  const uniforms = sampling.greedy
    ? []
    : members.map(({ request, tokens }) => uniform(request.key, tokens.length));
  const top = Math.max(...members.map(({ request }) => request.topLogProbs ?? 0));
  return sampleTokens(own, uniforms, sampling, top);
}
