/** Two learning rates in one step. */
import { noGrad, type Tensor, tensor, unscoped } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../../torch/test/helpers.js';
import { type OptimiserOptions, ParameterGroups } from './parameter-groups.js';

expectNoLeaks();

const options: OptimiserOptions = {
  learningRate: 0.1,
  headLearningRate: 0.4,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-12,
  maxGradNorm: null,
};

/** A weight of the model and one of a head, and their optimisers. */
function make(over: Partial<OptimiserOptions> = {}) {
  const weights = unscoped(() => [tensor([1, 2]), tensor([3])]).map((weight) => weight.requiresGrad_());
  const [model, head] = weights as [Tensor, Tensor];
  const groups = new ParameterGroups([model], [head], { ...options, ...over });
  const dispose = () => {
    groups.dispose();
    for (const weight of weights) weight.dispose();
  };
  return { model, head, groups, dispose };
}

function give({ model, head }: { model: Tensor; head: Tensor }, gradients: [number[], number[]]): void {
  for (const [i, weight] of [model, head].entries()) {
    using gradient = tensor(gradients[i] as number[]);
    weight.setGrad(gradient);
  }
}

const near = (tensor: Tensor, expected: number[]) => {
  for (const [i, value] of tensor.toArray().entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
};

describe('ParameterGroups', () => {
  it('steps each group at its own rate times the factor, and drops the gradients', () => {
    const { model, head, groups, dispose } = make();
    give({ model, head }, [[5, -5], [7]]);
    groups.step({ model: 0.5, head: 0.5 }, 1);
    // The first step of Adam is the rate, against the sign.
    near(model, [0.95, 2.05]);
    near(head, [2.8]);
    expect(model.grad).toBeNull();
    expect(head.grad).toBeNull();
    dispose();
  });

  it('has one rate for both unless the head is given its own', () => {
    const { headLearningRate: _, ...rest } = options;
    const { model, head, groups, dispose } = make();
    groups.dispose();
    const same = new ParameterGroups([model], [head], rest);
    give({ model, head }, [[1, 1], [1]]);
    same.step({ model: 1, head: 1 }, 1);
    near(model, [0.9, 1.9]);
    near(head, [2.9]);
    same.dispose();
    dispose();
  });

  it('a factor of 0 moves the moments and no weight', () => {
    const { model, head, groups, dispose } = make({ weightDecay: 0.1 });
    give({ model, head }, [[5, -5], [7]]);
    groups.step({ model: 0, head: 0 }, 1);
    expect(model.toArray()).toEqual([1, 2]);
    expect(head.toArray()).toEqual([3]);
    near(groups.state()['head.0.first'] as Tensor, [0.7]);
    dispose();
  });

  it('goes on from a saved state bit for bit', () => {
    const [one, other] = [make(), make()];
    give(one, [[5, -5], [7]]);
    one.groups.step({ model: 1, head: 1 }, 1);
    other.groups.restore(1, one.groups.state());
    noGrad(() => {
      other.model.copy_(one.model);
      other.head.copy_(one.head);
    });
    for (const { groups, ...weights } of [one, other]) {
      give(weights, [[1, 2], [-3]]);
      groups.step({ model: 0.3, head: 0.3 }, 0.5);
    }
    expect(other.model.toArray()).toEqual(one.model.toArray());
    expect(other.head.toArray()).toEqual(one.head.toArray());
    const [saved, expected] = [other.groups.state(), one.groups.state()];
    expect(Object.keys(saved)).toEqual(Object.keys(expected));
    for (const [name, state] of Object.entries(expected))
      expect(saved[name]?.toArray()).toEqual(state.toArray());
    one.dispose();
    other.dispose();
  });
});
