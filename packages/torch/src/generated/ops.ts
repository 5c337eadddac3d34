// Generated from src/ops.ts by "npm run gen". Do not edit.
import { type Device, type DType, dtypeCode } from '../dtype.js';
import type { Generator } from '../generator.js';
import { native } from '../native.js';
import type { Tensor } from '../tensor.js';
import { handlesOf, wrap, wrapAll } from '../wrap.js';

/** Operators as methods; `Tensor` extends this. */
export abstract class TensorOps {
  /** @internal Slot of the native tensor; 0 once freed. */
  abstract handle: number;

  /** `aten::abs` */
  abs(): Tensor;
  abs(): any {
    return wrap(native.call(0, this.handle));
  }

  /** `aten::add.Scalar` */
  add(other: number, options?: { alpha?: number | undefined }): Tensor;
  /** `aten::add.Tensor` */
  add(other: Tensor, options?: { alpha?: number | undefined }): Tensor;
  add(other: Tensor | number, options?: { alpha?: number | undefined }): Tensor;
  add(a0?: any, options?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(1, this.handle, a0, options?.alpha));
    }
    return wrap(native.add_Tensor(this.handle, a0.handle, options?.alpha ?? 1));
  }

  /** `aten::add_.Scalar` */
  add_(other: number, options?: { alpha?: number | undefined }): this;
  /** `aten::add_.Tensor` */
  add_(other: Tensor, options?: { alpha?: number | undefined }): this;
  add_(other: Tensor | number, options?: { alpha?: number | undefined }): this;
  add_(a0?: any, options?: any): any {
    if (typeof a0 === 'number') {
      native.call(3, this.handle, a0, options?.alpha);
      return this;
    }
    native.call(4, this.handle, a0.handle, options?.alpha);
    return this;
  }

  /** `aten::addcdiv_` */
  addcdiv_(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): this;
  addcdiv_(a0?: any, a1?: any, options?: any): any {
    native.call(5, this.handle, a0.handle, a1.handle, options?.value);
    return this;
  }

  /** `aten::addcmul_` */
  addcmul_(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): this;
  addcmul_(a0?: any, a1?: any, options?: any): any {
    native.call(6, this.handle, a0.handle, a1.handle, options?.value);
    return this;
  }

  /** `aten::addmm` */
  addmm(mat1: Tensor, mat2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor;
  addmm(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(7, this.handle, a0.handle, a1.handle, options?.beta, options?.alpha));
  }

  /** `aten::addmm_` */
  addmm_(mat1: Tensor, mat2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): this;
  addmm_(a0?: any, a1?: any, options?: any): any {
    native.call(8, this.handle, a0.handle, a1.handle, options?.beta, options?.alpha);
    return this;
  }

  /** `aten::addcmul` */
  addcmul(tensor1: Tensor, tensor2: Tensor, options?: { value?: number | undefined }): Tensor;
  addcmul(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(9, this.handle, a0.handle, a1.handle, options?.value));
  }

  /** `aten::all` */
  all(): Tensor;
  /** `aten::all.dim` */
  all(dim: number, options?: { keepdim?: boolean | undefined }): Tensor;
  all(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(10, this.handle));
    }
    return wrap(native.call(11, this.handle, a0, options?.keepdim));
  }

  /** `aten::amax` */
  amax(options?: { dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined }): Tensor;
  amax(options?: any): any {
    return wrap(native.call(12, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::amin` */
  amin(options?: { dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined }): Tensor;
  amin(options?: any): any {
    return wrap(native.call(13, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::any` */
  any(): Tensor;
  /** `aten::any.dim` */
  any(dim: number, options?: { keepdim?: boolean | undefined }): Tensor;
  any(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(14, this.handle));
    }
    return wrap(native.call(15, this.handle, a0, options?.keepdim));
  }

  /** `aten::argmax` */
  argmax(options?: { dim?: number | undefined; keepdim?: boolean | undefined }): Tensor;
  argmax(options?: any): any {
    return wrap(native.call(17, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::argmin` */
  argmin(options?: { dim?: number | undefined; keepdim?: boolean | undefined }): Tensor;
  argmin(options?: any): any {
    return wrap(native.call(18, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::baddbmm` */
  baddbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: number | undefined; alpha?: number | undefined }): Tensor;
  baddbmm(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(19, this.handle, a0.handle, a1.handle, options?.beta, options?.alpha));
  }

  /** `aten::bernoulli_.float` */
  bernoulli_(options?: { p?: number | undefined; generator?: Generator | undefined }): this;
  bernoulli_(options?: any): any {
    native.call(20, this.handle, options?.p, options?.generator?.handle);
    return this;
  }

  /** `aten::bmm` */
  bmm(mat2: Tensor): Tensor;
  bmm(a0?: any): any {
    return wrap(native.call(21, this.handle, a0.handle));
  }

  /** `aten::chunk` */
  chunk(chunks: number, options?: { dim?: number | undefined }): Tensor[];
  chunk(a0?: any, options?: any): any {
    return wrapAll(native.call(23, this.handle, a0, options?.dim));
  }

  /** `aten::clamp` */
  clamp(options?: { min?: number | undefined; max?: number | undefined }): Tensor;
  clamp(options?: any): any {
    return wrap(native.call(24, this.handle, options?.min, options?.max));
  }

  /** `aten::clamp_` */
  clamp_(options?: { min?: number | undefined; max?: number | undefined }): this;
  clamp_(options?: any): any {
    native.call(25, this.handle, options?.min, options?.max);
    return this;
  }

  /** `aten::clamp_max` */
  clampMax(max: number): Tensor;
  clampMax(a0?: any): any {
    return wrap(native.call(26, this.handle, a0));
  }

  /** `aten::clamp_min` */
  clampMin(min: number): Tensor;
  clampMin(a0?: any): any {
    return wrap(native.call(27, this.handle, a0));
  }

  /** `aten::clone` */
  clone(): Tensor;
  clone(): any {
    return wrap(native.call(28, this.handle));
  }

  /** `aten::contiguous` */
  contiguous(): Tensor;
  contiguous(): any {
    return wrap(native.call(29, this.handle));
  }

  /** `aten::copy_` */
  copy_(src: Tensor, options?: { nonBlocking?: boolean | undefined }): this;
  copy_(a0?: any, options?: any): any {
    native.call(30, this.handle, a0.handle, options?.nonBlocking);
    return this;
  }

  /** `aten::cos` */
  cos(): Tensor;
  cos(): any {
    return wrap(native.call(31, this.handle));
  }

  /** `aten::cross_entropy_loss` */
  crossEntropyLoss(target: Tensor, options?: { weight?: Tensor | undefined; reduction?: number | undefined; ignoreIndex?: number | undefined; labelSmoothing?: number | undefined }): Tensor;
  crossEntropyLoss(a0?: any, options?: any): any {
    return wrap(native.call(32, this.handle, a0.handle, options?.weight?.handle, options?.reduction, options?.ignoreIndex, options?.labelSmoothing));
  }

  /** `aten::cumsum` */
  cumsum(dim: number, options?: { dtype?: DType | undefined }): Tensor;
  cumsum(a0?: any, options?: any): any {
    return wrap(native.call(33, this.handle, a0, dtypeCode(options?.dtype)));
  }

  /** `aten::detach` */
  detach(): Tensor;
  detach(): any {
    return wrap(native.call(34, this.handle));
  }

  /** `aten::div.Scalar` */
  div(other: number): Tensor;
  /** `aten::div.Tensor` */
  div(other: Tensor): Tensor;
  div(other: Tensor | number): Tensor;
  div(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(35, this.handle, a0));
    }
    return wrap(native.call(36, this.handle, a0.handle));
  }

  /** `aten::div_.Scalar` */
  div_(other: number): this;
  /** `aten::div_.Tensor` */
  div_(other: Tensor): this;
  div_(other: Tensor | number): this;
  div_(a0?: any): any {
    if (typeof a0 === 'number') {
      native.call(37, this.handle, a0);
      return this;
    }
    native.call(38, this.handle, a0.handle);
    return this;
  }

  /** `aten::dot` */
  dot(tensor: Tensor): Tensor;
  dot(a0?: any): any {
    return wrap(native.call(39, this.handle, a0.handle));
  }

  /** `aten::empty_like` */
  emptyLike(options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
  emptyLike(options?: any): any {
    return wrap(native.call(42, this.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::eq.Scalar` */
  eq(other: number): Tensor;
  /** `aten::eq.Tensor` */
  eq(other: Tensor): Tensor;
  eq(other: Tensor | number): Tensor;
  eq(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(43, this.handle, a0));
    }
    return wrap(native.call(44, this.handle, a0.handle));
  }

  /** `aten::equal` */
  equal(other: Tensor): boolean;
  equal(a0?: any): any {
    return native.call(45, this.handle, a0.handle);
  }

  /** `aten::exp` */
  exp(): Tensor;
  exp(): any {
    return wrap(native.call(46, this.handle));
  }

  /** `aten::exp_` */
  exp_(): this;
  exp_(): any {
    native.call(47, this.handle);
    return this;
  }

  /** `aten::expand` */
  expand(size: number | readonly number[], options?: { implicit?: boolean | undefined }): Tensor;
  expand(a0?: any, options?: any): any {
    return wrap(native.call(48, this.handle, a0, options?.implicit));
  }

  /** `aten::fill_.Scalar` */
  fill_(value: number): this;
  fill_(a0?: any): any {
    native.call(50, this.handle, a0);
    return this;
  }

  /** `aten::flatten.using_ints` */
  flatten(options?: { startDim?: number | undefined; endDim?: number | undefined }): Tensor;
  flatten(options?: any): any {
    return wrap(native.call(51, this.handle, options?.startDim, options?.endDim));
  }

  /** `aten::flip` */
  flip(dims: number | readonly number[]): Tensor;
  flip(a0?: any): any {
    return wrap(native.call(52, this.handle, a0));
  }

  /** `aten::floor` */
  floor(): Tensor;
  floor(): any {
    return wrap(native.call(53, this.handle));
  }

  /** `aten::floor_divide` */
  floorDivide(other: Tensor): Tensor;
  floorDivide(a0?: any): any {
    return wrap(native.call(54, this.handle, a0.handle));
  }

  /** `aten::full_like` */
  fullLike(fillValue: number, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
  fullLike(a0?: any, options?: any): any {
    return wrap(native.call(67, this.handle, a0, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::gather` */
  gather(dim: number, index: Tensor, options?: { sparseGrad?: boolean | undefined }): Tensor;
  gather(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(69, this.handle, a0, a1.handle, options?.sparseGrad));
  }

  /** `aten::ge.Scalar` */
  ge(other: number): Tensor;
  /** `aten::ge.Tensor` */
  ge(other: Tensor): Tensor;
  ge(other: Tensor | number): Tensor;
  ge(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(70, this.handle, a0));
    }
    return wrap(native.call(71, this.handle, a0.handle));
  }

  /** `aten::gelu` */
  gelu(options?: { approximate?: string | undefined }): Tensor;
  gelu(options?: any): any {
    return wrap(native.call(72, this.handle, options?.approximate));
  }

  /** `aten::gt.Scalar` */
  gt(other: number): Tensor;
  /** `aten::gt.Tensor` */
  gt(other: Tensor): Tensor;
  gt(other: Tensor | number): Tensor;
  gt(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(73, this.handle, a0));
    }
    return wrap(native.call(74, this.handle, a0.handle));
  }

  /** `aten::index.Tensor` */
  index(indices: readonly (Tensor | null)[]): Tensor;
  index(a0?: any): any {
    return wrap(native.call(75, this.handle, handlesOf(a0)));
  }

  /** `aten::index_add_` */
  indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number | undefined }): this;
  indexAdd_(a0?: any, a1?: any, a2?: any, options?: any): any {
    native.call(76, this.handle, a0, a1.handle, a2.handle, options?.alpha);
    return this;
  }

  /** `aten::index_copy_` */
  indexCopy_(dim: number, index: Tensor, source: Tensor): this;
  indexCopy_(a0?: any, a1?: any, a2?: any): any {
    native.call(77, this.handle, a0, a1.handle, a2.handle);
    return this;
  }

  /** `aten::index_fill_.int_Scalar` */
  indexFill_(dim: number, index: Tensor, value: number): this;
  indexFill_(a0?: any, a1?: any, a2?: any): any {
    native.call(78, this.handle, a0, a1.handle, a2);
    return this;
  }

  /** `aten::index_put_` */
  indexPut_(indices: readonly (Tensor | null)[], values: Tensor, options?: { accumulate?: boolean | undefined }): this;
  indexPut_(a0?: any, a1?: any, options?: any): any {
    native.call(79, this.handle, handlesOf(a0), a1.handle, options?.accumulate);
    return this;
  }

  /** `aten::index_select` */
  indexSelect(dim: number, index: Tensor): Tensor;
  indexSelect(a0?: any, a1?: any): any {
    return wrap(native.call(80, this.handle, a0, a1.handle));
  }

  /** `aten::isfinite` */
  isfinite(): Tensor;
  isfinite(): any {
    return wrap(native.call(81, this.handle));
  }

  /** `aten::isnan` */
  isnan(): Tensor;
  isnan(): any {
    return wrap(native.call(82, this.handle));
  }

  /** `aten::le.Scalar` */
  le(other: number): Tensor;
  /** `aten::le.Tensor` */
  le(other: Tensor): Tensor;
  le(other: Tensor | number): Tensor;
  le(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(83, this.handle, a0));
    }
    return wrap(native.call(84, this.handle, a0.handle));
  }

  /** `aten::lerp_.Scalar` */
  lerp_(end: Tensor, weight: number): this;
  lerp_(a0?: any, a1?: any): any {
    native.call(85, this.handle, a0.handle, a1);
    return this;
  }

  /** `aten::log` */
  log(): Tensor;
  log(): any {
    return wrap(native.call(87, this.handle));
  }

  /** `aten::log_softmax.int` */
  logSoftmax(dim: number, options?: { dtype?: DType | undefined }): Tensor;
  logSoftmax(a0?: any, options?: any): any {
    return wrap(native.call(88, this.handle, a0, dtypeCode(options?.dtype)));
  }

  /** `aten::logical_and` */
  logicalAnd(other: Tensor): Tensor;
  logicalAnd(a0?: any): any {
    return wrap(native.call(89, this.handle, a0.handle));
  }

  /** `aten::logical_not` */
  logicalNot(): Tensor;
  logicalNot(): any {
    return wrap(native.call(90, this.handle));
  }

  /** `aten::logical_or` */
  logicalOr(other: Tensor): Tensor;
  logicalOr(a0?: any): any {
    return wrap(native.call(91, this.handle, a0.handle));
  }

  /** `aten::logsumexp` */
  logsumexp(dim: number | readonly number[], options?: { keepdim?: boolean | undefined }): Tensor;
  logsumexp(a0?: any, options?: any): any {
    return wrap(native.call(92, this.handle, a0, options?.keepdim));
  }

  /** `aten::lt.Scalar` */
  lt(other: number): Tensor;
  /** `aten::lt.Tensor` */
  lt(other: Tensor): Tensor;
  lt(other: Tensor | number): Tensor;
  lt(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(93, this.handle, a0));
    }
    return wrap(native.call(94, this.handle, a0.handle));
  }

  /** `aten::masked_fill.Scalar` */
  maskedFill(mask: Tensor, value: number): Tensor;
  maskedFill(a0?: any, a1?: any): any {
    return wrap(native.call(95, this.handle, a0.handle, a1));
  }

  /** `aten::masked_fill_.Scalar` */
  maskedFill_(mask: Tensor, value: number): this;
  maskedFill_(a0?: any, a1?: any): any {
    native.call(96, this.handle, a0.handle, a1);
    return this;
  }

  /** `aten::masked_select` */
  maskedSelect(mask: Tensor): Tensor;
  maskedSelect(a0?: any): any {
    return wrap(native.call(97, this.handle, a0.handle));
  }

  /** `aten::matmul` */
  matmul(other: Tensor): Tensor;
  matmul(a0?: any): any {
    return wrap(native.call(98, this.handle, a0.handle));
  }

  /** `aten::max` */
  max(): Tensor;
  /** `aten::max.dim` */
  max(dim: number, options?: { keepdim?: boolean | undefined }): [Tensor, Tensor];
  max(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(99, this.handle));
    }
    return wrapAll(native.call(100, this.handle, a0, options?.keepdim)) as [Tensor, Tensor];
  }

  /** `aten::maximum` */
  maximum(other: Tensor): Tensor;
  maximum(a0?: any): any {
    return wrap(native.call(101, this.handle, a0.handle));
  }

  /** `aten::mean` */
  mean(): Tensor;
  /** `aten::mean.dim` */
  mean(dim: number | readonly number[] | null, options?: { keepdim?: boolean | undefined; dtype?: DType | undefined }): Tensor;
  mean(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(102, this.handle));
    }
    return wrap(native.call(103, this.handle, a0, options?.keepdim, dtypeCode(options?.dtype)));
  }

  /** `aten::min` */
  min(): Tensor;
  /** `aten::min.dim` */
  min(dim: number, options?: { keepdim?: boolean | undefined }): [Tensor, Tensor];
  min(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(104, this.handle));
    }
    return wrapAll(native.call(105, this.handle, a0, options?.keepdim)) as [Tensor, Tensor];
  }

  /** `aten::minimum` */
  minimum(other: Tensor): Tensor;
  minimum(a0?: any): any {
    return wrap(native.call(106, this.handle, a0.handle));
  }

  /** `aten::mm` */
  mm(mat2: Tensor): Tensor;
  mm(a0?: any): any {
    return wrap(native.mm(this.handle, a0.handle));
  }

  /** `aten::mul.Scalar` */
  mul(other: number): Tensor;
  /** `aten::mul.Tensor` */
  mul(other: Tensor): Tensor;
  mul(other: Tensor | number): Tensor;
  mul(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(108, this.handle, a0));
    }
    return wrap(native.mul_Tensor(this.handle, a0.handle));
  }

  /** `aten::mul_.Scalar` */
  mul_(other: number): this;
  /** `aten::mul_.Tensor` */
  mul_(other: Tensor): this;
  mul_(other: Tensor | number): this;
  mul_(a0?: any): any {
    if (typeof a0 === 'number') {
      native.call(110, this.handle, a0);
      return this;
    }
    native.call(111, this.handle, a0.handle);
    return this;
  }

  /** `aten::multinomial` */
  multinomial(numSamples: number, options?: { replacement?: boolean | undefined; generator?: Generator | undefined }): Tensor;
  multinomial(a0?: any, options?: any): any {
    return wrap(native.call(112, this.handle, a0, options?.replacement, options?.generator?.handle));
  }

  /** `aten::mv` */
  mv(vec: Tensor): Tensor;
  mv(a0?: any): any {
    return wrap(native.call(113, this.handle, a0.handle));
  }

  /** `aten::narrow` */
  narrow(dim: number, start: number, length: number): Tensor;
  narrow(a0?: any, a1?: any, a2?: any): any {
    return wrap(native.narrow(this.handle, a0, a1, a2));
  }

  /** `aten::ne.Scalar` */
  ne(other: number): Tensor;
  /** `aten::ne.Tensor` */
  ne(other: Tensor): Tensor;
  ne(other: Tensor | number): Tensor;
  ne(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(115, this.handle, a0));
    }
    return wrap(native.call(116, this.handle, a0.handle));
  }

  /** `aten::neg` */
  neg(): Tensor;
  neg(): any {
    return wrap(native.call(117, this.handle));
  }

  /** `aten::nonzero` */
  nonzero(): Tensor;
  nonzero(): any {
    return wrap(native.call(118, this.handle));
  }

  /** `aten::norm.Scalar` */
  norm(options?: { p?: number | undefined }): Tensor;
  norm(options?: any): any {
    return wrap(native.call(119, this.handle, options?.p));
  }

  /** `aten::normal_` */
  normal_(options?: { mean?: number | undefined; std?: number | undefined; generator?: Generator | undefined }): this;
  normal_(options?: any): any {
    native.call(120, this.handle, options?.mean, options?.std, options?.generator?.handle);
    return this;
  }

  /** `aten::one_hot` */
  oneHot(options?: { numClasses?: number | undefined }): Tensor;
  oneHot(options?: any): any {
    return wrap(native.call(121, this.handle, options?.numClasses));
  }

  /** `aten::ones_like` */
  onesLike(options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
  onesLike(options?: any): any {
    return wrap(native.call(123, this.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::outer` */
  outer(vec2: Tensor): Tensor;
  outer(a0?: any): any {
    return wrap(native.call(124, this.handle, a0.handle));
  }

  /** `aten::permute` */
  permute(dims: number | readonly number[]): Tensor;
  permute(a0?: any): any {
    return wrap(native.call(125, this.handle, a0));
  }

  /** `aten::pow.Tensor_Scalar` */
  pow(exponent: number): Tensor;
  /** `aten::pow.Tensor_Tensor` */
  pow(exponent: Tensor): Tensor;
  pow(exponent: Tensor | number): Tensor;
  pow(a0?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(126, this.handle, a0));
    }
    return wrap(native.call(127, this.handle, a0.handle));
  }

  /** `aten::reciprocal` */
  reciprocal(): Tensor;
  reciprocal(): any {
    return wrap(native.call(132, this.handle));
  }

  /** `aten::relu` */
  relu(): Tensor;
  relu(): any {
    return wrap(native.call(133, this.handle));
  }

  /** `aten::remainder.Scalar` */
  remainder(other: number): Tensor;
  remainder(a0?: any): any {
    return wrap(native.call(134, this.handle, a0));
  }

  /** `aten::repeat` */
  repeat(repeats: number | readonly number[]): Tensor;
  repeat(a0?: any): any {
    return wrap(native.call(135, this.handle, a0));
  }

  /** `aten::repeat_interleave.self_int` */
  repeatInterleave(repeats: number, options?: { dim?: number | undefined; outputSize?: number | undefined }): Tensor;
  repeatInterleave(a0?: any, options?: any): any {
    return wrap(native.call(136, this.handle, a0, options?.dim, options?.outputSize));
  }

  /** `aten::reshape` */
  reshape(shape: number | readonly number[]): Tensor;
  reshape(a0?: any): any {
    return wrap(native.call(137, this.handle, a0));
  }

  /** `aten::roll` */
  roll(shifts: number | readonly number[], options?: { dims?: number | readonly number[] | undefined }): Tensor;
  roll(a0?: any, options?: any): any {
    return wrap(native.call(139, this.handle, a0, options?.dims));
  }

  /** `aten::round` */
  round(): Tensor;
  round(): any {
    return wrap(native.call(140, this.handle));
  }

  /** `aten::rsqrt` */
  rsqrt(): Tensor;
  rsqrt(): any {
    return wrap(native.call(141, this.handle));
  }

  /** `aten::rsqrt_` */
  rsqrt_(): this;
  rsqrt_(): any {
    native.call(142, this.handle);
    return this;
  }

  /** `aten::rsub.Scalar` */
  rsub(other: number, options?: { alpha?: number | undefined }): Tensor;
  rsub(a0?: any, options?: any): any {
    return wrap(native.call(143, this.handle, a0, options?.alpha));
  }

  /** `aten::scatter.src` */
  scatter(dim: number, index: Tensor, src: Tensor): Tensor;
  /** `aten::scatter.value` */
  scatter(dim: number, index: Tensor, value: number): Tensor;
  scatter(a0?: any, a1?: any, a2?: any): any {
    if (typeof a2 !== 'number') {
      return wrap(native.call(145, this.handle, a0, a1.handle, a2.handle));
    }
    return wrap(native.call(146, this.handle, a0, a1.handle, a2));
  }

  /** `aten::scatter_.src` */
  scatter_(dim: number, index: Tensor, src: Tensor): this;
  scatter_(a0?: any, a1?: any, a2?: any): any {
    native.call(147, this.handle, a0, a1.handle, a2.handle);
    return this;
  }

  /** `aten::scatter_add` */
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor;
  scatterAdd(a0?: any, a1?: any, a2?: any): any {
    return wrap(native.call(148, this.handle, a0, a1.handle, a2.handle));
  }

  /** `aten::scatter_add_` */
  scatterAdd_(dim: number, index: Tensor, src: Tensor): this;
  scatterAdd_(a0?: any, a1?: any, a2?: any): any {
    native.call(149, this.handle, a0, a1.handle, a2.handle);
    return this;
  }

  /** `aten::select.int` */
  select(dim: number, index: number): Tensor;
  select(a0?: any, a1?: any): any {
    return wrap(native.call(150, this.handle, a0, a1));
  }

  /** `aten::sigmoid` */
  sigmoid(): Tensor;
  sigmoid(): any {
    return wrap(native.call(151, this.handle));
  }

  /** `aten::sign` */
  sign(): Tensor;
  sign(): any {
    return wrap(native.call(152, this.handle));
  }

  /** `aten::silu` */
  silu(): Tensor;
  silu(): any {
    return wrap(native.silu(this.handle));
  }

  /** `aten::sin` */
  sin(): Tensor;
  sin(): any {
    return wrap(native.call(154, this.handle));
  }

  /** `aten::slice.Tensor` */
  slice(options?: { dim?: number | undefined; start?: number | undefined; end?: number | undefined; step?: number | undefined }): Tensor;
  slice(options?: any): any {
    return wrap(native.call(155, this.handle, options?.dim, options?.start, options?.end, options?.step));
  }

  /** `aten::softmax.int` */
  softmax(dim: number, options?: { dtype?: DType | undefined }): Tensor;
  softmax(a0?: any, options?: any): any {
    return wrap(native.call(156, this.handle, a0, dtypeCode(options?.dtype)));
  }

  /** `aten::softplus` */
  softplus(options?: { beta?: number | undefined; threshold?: number | undefined }): Tensor;
  softplus(options?: any): any {
    return wrap(native.call(157, this.handle, options?.beta, options?.threshold));
  }

  /** `aten::sort` */
  sort(options?: { dim?: number | undefined; descending?: boolean | undefined }): [Tensor, Tensor];
  sort(options?: any): any {
    return wrapAll(native.call(158, this.handle, options?.dim, options?.descending)) as [Tensor, Tensor];
  }

  /** `aten::split.Tensor` */
  split(splitSize: number, options?: { dim?: number | undefined }): Tensor[];
  split(a0?: any, options?: any): any {
    return wrapAll(native.call(159, this.handle, a0, options?.dim));
  }

  /** `aten::split_with_sizes` */
  splitWithSizes(splitSizes: number | readonly number[], options?: { dim?: number | undefined }): Tensor[];
  splitWithSizes(a0?: any, options?: any): any {
    return wrapAll(native.call(160, this.handle, a0, options?.dim));
  }

  /** `aten::sqrt` */
  sqrt(): Tensor;
  sqrt(): any {
    return wrap(native.call(161, this.handle));
  }

  /** `aten::squeeze` */
  squeeze(): Tensor;
  /** `aten::squeeze.dim` */
  squeeze(dim: number): Tensor;
  squeeze(a0?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(162, this.handle));
    }
    return wrap(native.call(163, this.handle, a0));
  }

  /** `aten::sub.Scalar` */
  sub(other: number, options?: { alpha?: number | undefined }): Tensor;
  /** `aten::sub.Tensor` */
  sub(other: Tensor, options?: { alpha?: number | undefined }): Tensor;
  sub(other: Tensor | number, options?: { alpha?: number | undefined }): Tensor;
  sub(a0?: any, options?: any): any {
    if (typeof a0 === 'number') {
      return wrap(native.call(165, this.handle, a0, options?.alpha));
    }
    return wrap(native.call(166, this.handle, a0.handle, options?.alpha));
  }

  /** `aten::sub_.Scalar` */
  sub_(other: number, options?: { alpha?: number | undefined }): this;
  /** `aten::sub_.Tensor` */
  sub_(other: Tensor, options?: { alpha?: number | undefined }): this;
  sub_(other: Tensor | number, options?: { alpha?: number | undefined }): this;
  sub_(a0?: any, options?: any): any {
    if (typeof a0 === 'number') {
      native.call(167, this.handle, a0, options?.alpha);
      return this;
    }
    native.call(168, this.handle, a0.handle, options?.alpha);
    return this;
  }

  /** `aten::sum` */
  sum(): Tensor;
  /** `aten::sum.dim_IntList` */
  sum(dim: number | readonly number[] | null, options?: { keepdim?: boolean | undefined; dtype?: DType | undefined }): Tensor;
  sum(a0?: any, options?: any): any {
    if (a0 === undefined) {
      return wrap(native.call(169, this.handle));
    }
    return wrap(native.call(170, this.handle, a0, options?.keepdim, dtypeCode(options?.dtype)));
  }

  /** `aten::t` */
  t(): Tensor;
  t(): any {
    return wrap(native.call(171, this.handle));
  }

  /** `aten::tanh` */
  tanh(): Tensor;
  tanh(): any {
    return wrap(native.call(172, this.handle));
  }

  /** `aten::to.dtype_layout` */
  to(options?: { dtype?: DType | undefined; device?: Device | undefined; nonBlocking?: boolean | undefined; copy?: boolean | undefined }): Tensor;
  to(options?: any): any {
    return wrap(native.call(173, this.handle, dtypeCode(options?.dtype), undefined, options?.device, undefined, options?.nonBlocking, options?.copy));
  }

  /** `aten::topk` */
  topk(k: number, options?: { dim?: number | undefined; largest?: boolean | undefined; sorted?: boolean | undefined }): [Tensor, Tensor];
  topk(a0?: any, options?: any): any {
    return wrapAll(native.call(174, this.handle, a0, options?.dim, options?.largest, options?.sorted)) as [Tensor, Tensor];
  }

  /** `aten::transpose.int` */
  transpose(dim0: number, dim1: number): Tensor;
  transpose(a0?: any, a1?: any): any {
    return wrap(native.transpose_int(this.handle, a0, a1));
  }

  /** `aten::tril` */
  tril(options?: { diagonal?: number | undefined }): Tensor;
  tril(options?: any): any {
    return wrap(native.call(176, this.handle, options?.diagonal));
  }

  /** `aten::triu` */
  triu(options?: { diagonal?: number | undefined }): Tensor;
  triu(options?: any): any {
    return wrap(native.call(177, this.handle, options?.diagonal));
  }

  /** `aten::unbind.int` */
  unbind(options?: { dim?: number | undefined }): Tensor[];
  unbind(options?: any): any {
    return wrapAll(native.call(178, this.handle, options?.dim));
  }

  /** `aten::uniform_` */
  uniform_(options?: { from?: number | undefined; to?: number | undefined; generator?: Generator | undefined }): this;
  uniform_(options?: any): any {
    native.call(179, this.handle, options?.from, options?.to, options?.generator?.handle);
    return this;
  }

  /** `aten::unsqueeze` */
  unsqueeze(dim: number): Tensor;
  unsqueeze(a0?: any): any {
    return wrap(native.call(180, this.handle, a0));
  }

  /** `aten::var.dim` */
  var(dim: number | readonly number[] | null, options?: { unbiased?: boolean | undefined; keepdim?: boolean | undefined }): Tensor;
  var(a0?: any, options?: any): any {
    return wrap(native.call(181, this.handle, a0, options?.unbiased, options?.keepdim));
  }

  /** `aten::view` */
  view(size: number | readonly number[]): Tensor;
  view(a0?: any): any {
    return wrap(native.call(182, this.handle, a0));
  }

  /** `aten::zero_` */
  zero_(): this;
  zero_(): any {
    native.call(184, this.handle);
    return this;
  }

  /** `aten::zeros_like` */
  zerosLike(options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
  zerosLike(options?: any): any {
    return wrap(native.call(186, this.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }
}

  /** `aten::arange.start_step` */
export function arange(start: number, end: number, options?: { step?: number | undefined; dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function arange(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(16, a0, a1, options?.step, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::cat` */
export function cat(tensors: readonly Tensor[], options?: { dim?: number | undefined }): Tensor;
export function cat(a0?: any, options?: any): any {
    return wrap(native.call(22, handlesOf(a0), options?.dim));
  }

  /** `aten::embedding` */
export function embedding(weight: Tensor, indices: Tensor, options?: { paddingIdx?: number | undefined; scaleGradByFreq?: boolean | undefined; sparse?: boolean | undefined }): Tensor;
export function embedding(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(40, a0.handle, a1.handle, options?.paddingIdx, options?.scaleGradByFreq, options?.sparse));
  }

  /** `aten::empty.memory_format` */
export function empty(size: number | readonly number[], options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function empty(a0?: any, options?: any): any {
    return wrap(native.call(41, a0, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::eye` */
export function eye(n: number, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function eye(a0?: any, options?: any): any {
    return wrap(native.call(49, a0, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::_foreach_add_.List` */
export function foreachAdd_(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: number | undefined }): void;
  /** `aten::_foreach_add_.Scalar` */
export function foreachAdd_(self: readonly Tensor[], scalar: number): void;
export function foreachAdd_(a0?: any, a1?: any, options?: any): any {
    if (typeof a1 !== 'number') {
      native.call(55, handlesOf(a0), handlesOf(a1), options?.alpha);
      return;
    }
    native.call(56, handlesOf(a0), a1);
    return;
  }

  /** `aten::_foreach_addcdiv_.Scalar` */
export function foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: number | undefined }): void;
export function foreachAddcdiv_(a0?: any, a1?: any, a2?: any, options?: any): any {
    native.call(57, handlesOf(a0), handlesOf(a1), handlesOf(a2), options?.value);
    return;
  }

  /** `aten::_foreach_addcmul_.Scalar` */
export function foreachAddcmul_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: number | undefined }): void;
export function foreachAddcmul_(a0?: any, a1?: any, a2?: any, options?: any): any {
    native.call(58, handlesOf(a0), handlesOf(a1), handlesOf(a2), options?.value);
    return;
  }

  /** `aten::_foreach_div_.Scalar` */
export function foreachDiv_(self: readonly Tensor[], scalar: number): void;
export function foreachDiv_(a0?: any, a1?: any): any {
    native.call(59, handlesOf(a0), a1);
    return;
  }

  /** `aten::_foreach_lerp_.Scalar` (libtorch 2.0 or newer) */
export function foreachLerp_(self: readonly Tensor[], tensors1: readonly Tensor[], weight: number): void;
export function foreachLerp_(a0?: any, a1?: any, a2?: any): any {
    native.call(60, handlesOf(a0), handlesOf(a1), a2);
    return;
  }

  /** `aten::_foreach_mul.Scalar` */
export function foreachMul(self: readonly Tensor[], scalar: number): Tensor[];
export function foreachMul(a0?: any, a1?: any): any {
    return wrapAll(native.call(61, handlesOf(a0), a1));
  }

  /** `aten::_foreach_mul_.List` */
export function foreachMul_(self: readonly Tensor[], other: readonly Tensor[]): void;
  /** `aten::_foreach_mul_.Scalar` */
export function foreachMul_(self: readonly Tensor[], scalar: number): void;
export function foreachMul_(a0?: any, a1?: any): any {
    if (typeof a1 !== 'number') {
      native.call(62, handlesOf(a0), handlesOf(a1));
      return;
    }
    native.call(63, handlesOf(a0), a1);
    return;
  }

  /** `aten::_foreach_norm.Scalar` */
export function foreachNorm(self: readonly Tensor[], options?: { ord?: number | undefined }): Tensor[];
export function foreachNorm(a0?: any, options?: any): any {
    return wrapAll(native.call(64, handlesOf(a0), options?.ord));
  }

  /** `aten::_foreach_sqrt` */
export function foreachSqrt(self: readonly Tensor[]): Tensor[];
export function foreachSqrt(a0?: any): any {
    return wrapAll(native.call(65, handlesOf(a0)));
  }

  /** `aten::full` */
export function full(size: number | readonly number[], fillValue: number, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function full(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(66, a0, a1, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::_fused_adamw_` (libtorch 2.4 or newer) */
export function fusedAdamw_(self: readonly Tensor[], grads: readonly Tensor[], expAvgs: readonly Tensor[], expAvgSqs: readonly Tensor[], maxExpAvgSqs: readonly Tensor[], stateSteps: readonly Tensor[], lr: number, beta1: number, beta2: number, weightDecay: number, eps: number, amsgrad: boolean, maximize: boolean, options?: { gradScale?: Tensor | undefined; foundInf?: Tensor | undefined }): void;
export function fusedAdamw_(a0?: any, a1?: any, a2?: any, a3?: any, a4?: any, a5?: any, a6?: any, a7?: any, a8?: any, a9?: any, a10?: any, a11?: any, a12?: any, options?: any): any {
    native.call(68, handlesOf(a0), handlesOf(a1), handlesOf(a2), handlesOf(a3), handlesOf(a4), handlesOf(a5), a6, a7, a8, a9, a10, a11, a12, options?.gradScale?.handle, options?.foundInf?.handle);
    return;
  }

  /** `aten::linear` */
export function linear(input: Tensor, weight: Tensor, options?: { bias?: Tensor | undefined }): Tensor;
export function linear(a0?: any, a1?: any, options?: any): any {
    return wrap(native.linear(a0.handle, a1.handle, options?.bias?.handle));
  }

  /** `aten::ones` */
export function ones(size: number | readonly number[], options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function ones(a0?: any, options?: any): any {
    return wrap(native.call(122, a0, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::rand.generator` */
export function rand(size: number | readonly number[], generator: Generator | null, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function rand(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(128, a0, a1?.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::randint.low_generator` */
export function randint(low: number, high: number, size: number | readonly number[], generator: Generator | null, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function randint(a0?: any, a1?: any, a2?: any, a3?: any, options?: any): any {
    return wrap(native.call(129, a0, a1, a2, a3?.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::randn.generator` */
export function randn(size: number | readonly number[], generator: Generator | null, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function randn(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(130, a0, a1?.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::randperm.generator` */
export function randperm(n: number, generator: Generator | null, options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function randperm(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(131, a0, a1?.handle, dtypeCode(options?.dtype), undefined, options?.device));
  }

  /** `aten::rms_norm` (libtorch 2.4 or newer) */
export function rmsNorm(input: Tensor, normalizedShape: number | readonly number[], options?: { weight?: Tensor | undefined; eps?: number | undefined }): Tensor;
export function rmsNorm(a0?: any, a1?: any, options?: any): any {
    return wrap(native.call(138, a0.handle, a1, options?.weight?.handle, options?.eps));
  }

  /** `aten::scaled_dot_product_attention` (libtorch 2.0 or newer) */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, options?: { attnMask?: Tensor | undefined; dropoutP?: number | undefined; isCausal?: boolean | undefined; scale?: number | undefined; enableGqa?: boolean | undefined }): Tensor;
export function scaledDotProductAttention(a0?: any, a1?: any, a2?: any, options?: any): any {
    return wrap(native.call(144, a0.handle, a1.handle, a2.handle, options?.attnMask?.handle, options?.dropoutP, options?.isCausal, options?.scale, options?.enableGqa));
  }

  /** `aten::stack` */
export function stack(tensors: readonly Tensor[], options?: { dim?: number | undefined }): Tensor;
export function stack(a0?: any, options?: any): any {
    return wrap(native.call(164, handlesOf(a0), options?.dim));
  }

  /** `aten::where.self` */
export function where(condition: Tensor, self: Tensor, other: Tensor): Tensor;
export function where(a0?: any, a1?: any, a2?: any): any {
    return wrap(native.call(183, a0.handle, a1.handle, a2.handle));
  }

  /** `aten::zeros` */
export function zeros(size: number | readonly number[], options?: { dtype?: DType | undefined; device?: Device | undefined }): Tensor;
export function zeros(a0?: any, options?: any): any {
    return wrap(native.call(185, a0, dtypeCode(options?.dtype), undefined, options?.device));
  }
