/**
 * Messages with the fields of messages.ts and no others: callers hand on what they have, such as a sample where a
 * sequence is asked for, or an environment's observation with things of its own, and none of that leaves this thread.
 */
import type { Observation } from '@collm/envs';
import type {
  ActRequest,
  History,
  JointHistory,
  OwnResponse,
  PolicySample,
  TokenSequence,
  ValueQuery,
  ValueSample,
} from '../messages.js';

export const plainRequest = ({ history, keys }: ActRequest): ActRequest => ({
  history: plainHistory(history),
  keys,
});

export const plainSequence = ({ promptTokens, tokens }: TokenSequence): TokenSequence => ({
  promptTokens,
  tokens,
});

export function plainSample(sample: PolicySample): PolicySample {
  const { oldLogProbs, behaviourLogProbs, referenceLogProbs, advantage, value } = sample;
  return {
    ...plainSequence(sample),
    oldLogProbs: ownFloats(oldLogProbs),
    behaviourLogProbs: ownFloats(behaviourLogProbs),
    ...(referenceLogProbs === undefined ? {} : { referenceLogProbs: ownFloats(referenceLogProbs) }),
    advantage: typeof advantage === 'number' ? advantage : ownFloats(advantage),
    weight: sample.weight,
    ...(value === undefined ? {} : { value }),
    itemId: sample.itemId,
    turn: sample.turn,
  };
}

export function plainQuery(query: ValueQuery): ValueQuery {
  const history = plainJointHistory(query.history);
  switch (query.read) {
    case 'state':
      return { read: 'state', history };
    case 'action':
      return { read: 'action', history, responses: query.responses.map(plainResponse) };
    case 'tokens':
      return { read: 'tokens', history, agent: query.agent, response: plainResponse(query.response) };
  }
}

export const plainValueSample = ({ query, targets, oldValues, itemId }: ValueSample): ValueSample => ({
  query: plainQuery(query),
  targets,
  oldValues,
  itemId,
});

const plainJointHistory = ({ agents, turn, remainingTurns, state }: JointHistory): JointHistory => ({
  agents: agents.map(plainHistory),
  turn,
  remainingTurns,
  ...(state === undefined ? {} : { state }),
});

const plainHistory = ({ past, observation }: History): History => ({
  past: past.map(({ observation: seen, response, tokens }) => ({
    observation: plainObservation(seen),
    response,
    tokens,
  })),
  observation: plainObservation(observation),
});

const plainObservation = ({ messages, startsAfresh, format }: Observation): Observation => ({
  messages: messages.map(({ role, content }) => ({ role, content })),
  startsAfresh,
  ...(format === undefined ? {} : { format }),
});

const plainResponse = ({ text, tokens }: OwnResponse): OwnResponse => ({ text, tokens });

/** A copy of a part would take the whole memory with it that the part lies in. */
const ownFloats = (floats: Float32Array): Float32Array =>
  floats.byteLength === floats.buffer.byteLength ? floats : floats.slice();
