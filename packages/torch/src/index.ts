/** libtorch for TypeScript: tensors, autograd, devices, scopes, generators, optimisers, safetensors. */
import './tensor.js';

export * from './adamw.js';
export * from './autograd.js';
export * from './clip-grad-norm.js';
export * from './create.js';
export { CudaGraph } from './cuda-graph.js';
export { type Device, type DType, dtypeBytes } from './dtype.js';
export { DisposedError, TorchError, type TorchErrorCode } from './errors.js';
export * from './generated/ops.js';
export * from './generator.js';
export { blocksPay, linearBlocks } from './linear-blocks.js';
export { addonPath, hasOperator } from './native.js';
export * from './safetensors.js';
export { own, TensorScope, tidy, unscoped } from './scope.js';
export * from './system.js';
export { Tensor } from './tensor.js';
