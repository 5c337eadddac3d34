import {
  type BackwardPass,
  type Decoder,
  responseLogProbs,
  type TrainingForwardOptions,
  trainingForward,
} from '@collm/lm';
import { type Device, noGrad, type Tensor, tensor, tidy } from '@collm/torch';
import type { PolicySample, PolicyUpdate } from '../messages.js';
import { type MinibatchSize, type PolicyTokens, policyLoss } from './policy-loss.js';
import { integers, type ResponseBatch, responseBatch } from './response-batch.js';
import { countValues, meetingPoint, type SharedHead } from './shared-head.js';
import type { SharedSequence } from './shared-prefix.js';
import type { LossShare } from './trainable.js';

/** A minibatch of samples and how it becomes a loss. */
export interface PolicyMinibatch {
  readonly samples: readonly PolicySample[];
  readonly size: MinibatchSize;
  readonly settings: PolicyUpdate;
  /** Value head on the policy's backbone that learns too (`settings.value`). */
  readonly head?: SharedHead | null;
}

/**
 * Forward of one micro-batch and its share of the loss: of the policy, and of the value head on the same hidden states.
 *
 * @param reference what an exact KL is measured to; needed for nothing else
 */
export function policyShare(
  decoder: Decoder,
  reference: Decoder | null,
  group: readonly SharedSequence[],
  minibatch: PolicyMinibatch,
  pass: BackwardPass,
  options: TrainingForwardOptions,
): LossShare {
  const { samples, settings, head = null } = minibatch;
  const batch = responseBatch(group, samples, decoder.device);
  const trunk = trainingForward(decoder, batch.ids, pass, options);
  if (head === null || settings.value === null)
    return policyPart(decoder, reference, batch, trunk, minibatch, pass);
  const hidden = meetingPoint(trunk, pass);
  const placed = batch.members.map(({ index, start }) => ({ sample: samples[index] as PolicySample, start }));
  const value = head.loss(hidden, placed, countValues(samples), settings.value);
  const policy = placed.some(({ sample }) => sample.tokens.length > 0)
    ? policyPart(decoder, reference, batch, hidden, minibatch, pass)
    : null;
  if (value === null) return policy as LossShare;
  const sums = { ...policy?.sums, value_loss: value.detach() };
  return { loss: policy === null ? value : policy.loss.add(value), sums };
}

/** The policy's share. The LM head runs on response positions only. */
function policyPart(
  decoder: Decoder,
  reference: Decoder | null,
  { ids, members, positions }: ResponseBatch,
  hidden: Tensor,
  { samples, size, settings }: PolicyMinibatch,
  pass: BackwardPass,
): LossShare {
  const made = responseLogProbs(decoder, hidden, positions, settings.temperature, pass, {
    entropyGradient: settings.entropyCoef > 0,
    ...(reference === null ? {} : { reference: { decoder: reference, hidden: seenBy(reference, ids) } }),
  });
  const own = members
    .map(({ index }) => samples[index] as PolicySample)
    .filter(({ tokens }) => tokens.length > 0);
  return policyLoss({ ...made, ...constants(own, decoder.device) }, size, settings);
}

const seenBy = (reference: Decoder, ids: Tensor): Tensor =>
  noGrad(() => tidy(() => reference.forward(ids.to({ device: reference.device }))));

/** What the loss takes as given. */
function constants(
  samples: readonly PolicySample[],
  device: Device,
): Omit<PolicyTokens, 'logProbs' | 'entropy' | 'kl'> {
  const floats = (values: Iterable<number>) => {
    const data = Float32Array.from(values);
    return tensor(data, [data.length], { device });
  };
  const perToken = (value: (sample: PolicySample, row: number) => Iterable<number>) =>
    samples.flatMap((sample, row) => [...value(sample, row)]);
  const references = samples.map(({ referenceLogProbs }) => referenceLogProbs);
  const each = ({ tokens }: PolicySample, value: number) => tokens.map(() => value);
  const advantages = samples.map(({ advantage }) => advantage);
  const whole = advantages.every((advantage) => typeof advantage === 'number');
  return {
    oldLogProbs: floats(perToken(({ oldLogProbs }) => oldLogProbs)),
    behaviourLogProbs: floats(perToken(({ behaviourLogProbs }) => behaviourLogProbs)),
    ...(references.every((logProbs) => logProbs !== undefined)
      ? { referenceLogProbs: floats(references.flatMap((logProbs) => [...logProbs])) }
      : {}),
    advantages: floats(
      perToken((sample) =>
        typeof sample.advantage === 'number' ? each(sample, sample.advantage) : sample.advantage,
      ),
    ),
    rowAdvantages: whole ? floats(advantages) : null,
    rows: integers(
      perToken((sample, row) => each(sample, row)),
      device,
    ),
    lengths: floats(samples.map(({ tokens }) => tokens.length)),
    weights: floats(samples.map(({ weight }) => weight)),
  };
}
