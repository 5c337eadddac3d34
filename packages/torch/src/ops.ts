/**
 * The operator table: one ATen schema a line, verbatim, sorted. From it `npm run gen` writes
 * `src/generated/ops.ts` and `docs/ops.md`; the native side looks each name up in the dispatcher of
 * the linked libtorch, whose types and defaults rule. To add an operator, add its line (the schema
 * is in PyTorch's native_functions.yaml) and run `npm run gen`.
 */
export interface OperatorEntry {
  /** Schema as libtorch prints it, `int` where newer versions say `SymInt`. */
  schema: string;
  /** Name of the typed native wrapper in native/fast.cc, for operators that a profile named hot. */
  fast?: string;
  /** First libtorch that has the operator, when that is later than 1.13. */
  since?: string;
}

export const operatorTable: readonly OperatorEntry[] = [
  { schema: 'aten::abs(Tensor self) -> Tensor' },
  { schema: 'aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor' },
  { schema: 'aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor', fast: 'add_Tensor' },
  { schema: 'aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)' },
  { schema: 'aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)' },
  {
    schema:
      'aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)',
  },
  {
    schema:
      'aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)',
  },
  {
    schema: 'aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor',
  },
  {
    schema:
      'aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)',
  },
  { schema: 'aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor' },
  { schema: 'aten::all(Tensor self) -> Tensor' },
  { schema: 'aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor' },
  { schema: 'aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor' },
  { schema: 'aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor' },
  { schema: 'aten::any(Tensor self) -> Tensor' },
  { schema: 'aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor' },
  {
    schema:
      'aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  { schema: 'aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor' },
  { schema: 'aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor' },
  {
    schema:
      'aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor',
  },
  {
    schema:
      'aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)',
  },
  { schema: 'aten::bmm(Tensor self, Tensor mat2) -> Tensor' },
  { schema: 'aten::cat(Tensor[] tensors, int dim=0) -> Tensor' },
  { schema: 'aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]' },
  { schema: 'aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor' },
  { schema: 'aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)' },
  { schema: 'aten::clamp_max(Tensor self, Scalar max) -> Tensor' },
  { schema: 'aten::clamp_min(Tensor self, Scalar min) -> Tensor' },
  { schema: 'aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor' },
  { schema: 'aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)' },
  { schema: 'aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)' },
  { schema: 'aten::cos(Tensor self) -> Tensor' },
  {
    schema:
      'aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100, float label_smoothing=0.) -> Tensor',
  },
  { schema: 'aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor' },
  { schema: 'aten::detach(Tensor(a) self) -> Tensor(a)' },
  { schema: 'aten::div.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::div.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)' },
  { schema: 'aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)' },
  { schema: 'aten::dot(Tensor self, Tensor tensor) -> Tensor' },
  {
    schema:
      'aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor',
  },
  {
    schema:
      'aten::empty.memory_format(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor',
  },
  {
    schema:
      'aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor',
  },
  { schema: 'aten::eq.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::eq.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::equal(Tensor self, Tensor other) -> bool' },
  { schema: 'aten::exp(Tensor self) -> Tensor' },
  { schema: 'aten::exp_(Tensor(a!) self) -> Tensor(a!)' },
  { schema: 'aten::expand(Tensor(a) self, int[] size, *, bool implicit=False) -> Tensor(a)' },
  {
    schema:
      'aten::eye(int n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  { schema: 'aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)' },
  { schema: 'aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)' },
  { schema: 'aten::flip(Tensor self, int[] dims) -> Tensor' },
  { schema: 'aten::floor(Tensor self) -> Tensor' },
  { schema: 'aten::floor_divide(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()' },
  { schema: 'aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()' },
  {
    schema:
      'aten::_foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()',
  },
  {
    schema:
      'aten::_foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()',
  },
  { schema: 'aten::_foreach_div_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()' },
  {
    schema: 'aten::_foreach_lerp_.Scalar(Tensor(a!)[] self, Tensor[] tensors1, Scalar weight) -> ()',
    since: '2.0',
  },
  { schema: 'aten::_foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]' },
  { schema: 'aten::_foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> ()' },
  { schema: 'aten::_foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()' },
  { schema: 'aten::_foreach_norm.Scalar(Tensor[] self, Scalar ord=2) -> Tensor[]' },
  { schema: 'aten::_foreach_sqrt(Tensor[] self) -> Tensor[]' },
  {
    schema:
      'aten::full(int[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor',
  },
  {
    schema:
      'aten::_fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()',
    since: '2.4',
  },
  { schema: 'aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor' },
  { schema: 'aten::ge.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::ge.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::gelu(Tensor self, *, str approximate="none") -> Tensor' },
  { schema: 'aten::gt.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::gt.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor' },
  {
    schema:
      'aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)',
  },
  { schema: 'aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)' },
  {
    schema:
      'aten::index_fill_.int_Scalar(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)',
  },
  {
    schema:
      'aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)',
  },
  { schema: 'aten::index_select(Tensor self, int dim, Tensor index) -> Tensor' },
  { schema: 'aten::isfinite(Tensor self) -> Tensor' },
  { schema: 'aten::isnan(Tensor self) -> Tensor' },
  { schema: 'aten::le.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::le.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)' },
  { schema: 'aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor', fast: 'linear' },
  { schema: 'aten::log(Tensor self) -> Tensor' },
  { schema: 'aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor' },
  { schema: 'aten::logical_and(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::logical_not(Tensor self) -> Tensor' },
  { schema: 'aten::logical_or(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor' },
  { schema: 'aten::lt.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::lt.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor' },
  { schema: 'aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)' },
  { schema: 'aten::masked_select(Tensor self, Tensor mask) -> Tensor' },
  { schema: 'aten::matmul(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::max(Tensor self) -> Tensor' },
  { schema: 'aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)' },
  { schema: 'aten::maximum(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor' },
  {
    schema:
      'aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
  },
  { schema: 'aten::min(Tensor self) -> Tensor' },
  { schema: 'aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)' },
  { schema: 'aten::minimum(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::mm(Tensor self, Tensor mat2) -> Tensor', fast: 'mm' },
  { schema: 'aten::mul.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::mul.Tensor(Tensor self, Tensor other) -> Tensor', fast: 'mul_Tensor' },
  { schema: 'aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)' },
  { schema: 'aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)' },
  {
    schema:
      'aten::multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor',
  },
  { schema: 'aten::mv(Tensor self, Tensor vec) -> Tensor' },
  { schema: 'aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)', fast: 'narrow' },
  { schema: 'aten::ne.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::ne.Tensor(Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::neg(Tensor self) -> Tensor' },
  { schema: 'aten::nonzero(Tensor self) -> Tensor' },
  { schema: 'aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor' },
  {
    schema:
      'aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)',
  },
  { schema: 'aten::one_hot(Tensor self, int num_classes=-1) -> Tensor' },
  {
    schema:
      'aten::ones(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor',
  },
  { schema: 'aten::outer(Tensor self, Tensor vec2) -> Tensor' },
  { schema: 'aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)' },
  { schema: 'aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor' },
  { schema: 'aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor' },
  {
    schema:
      'aten::rand.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::randint.low_generator(int low, int high, int[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::randn.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::randperm.generator(int n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  { schema: 'aten::reciprocal(Tensor self) -> Tensor' },
  { schema: 'aten::relu(Tensor self) -> Tensor' },
  { schema: 'aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor' },
  { schema: 'aten::repeat(Tensor self, int[] repeats) -> Tensor' },
  {
    schema:
      'aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor',
  },
  { schema: 'aten::reshape(Tensor(a) self, int[] shape) -> Tensor(a)' },
  {
    schema:
      'aten::rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor',
    since: '2.4',
  },
  { schema: 'aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor' },
  { schema: 'aten::round(Tensor self) -> Tensor' },
  { schema: 'aten::rsqrt(Tensor self) -> Tensor' },
  { schema: 'aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)' },
  { schema: 'aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor' },
  {
    schema:
      'aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor',
    since: '2.0',
  },
  { schema: 'aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor' },
  { schema: 'aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor' },
  { schema: 'aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)' },
  { schema: 'aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor' },
  { schema: 'aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)' },
  { schema: 'aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)' },
  { schema: 'aten::sigmoid(Tensor self) -> Tensor' },
  { schema: 'aten::sign(Tensor self) -> Tensor' },
  { schema: 'aten::silu(Tensor self) -> Tensor', fast: 'silu' },
  { schema: 'aten::sin(Tensor self) -> Tensor' },
  {
    schema:
      'aten::slice.Tensor(Tensor(a) self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor(a)',
  },
  { schema: 'aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor' },
  { schema: 'aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor' },
  { schema: 'aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)' },
  { schema: 'aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]' },
  { schema: 'aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]' },
  { schema: 'aten::sqrt(Tensor self) -> Tensor' },
  { schema: 'aten::squeeze(Tensor(a) self) -> Tensor(a)' },
  { schema: 'aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)' },
  { schema: 'aten::stack(Tensor[] tensors, int dim=0) -> Tensor' },
  { schema: 'aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor' },
  { schema: 'aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor' },
  { schema: 'aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)' },
  { schema: 'aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)' },
  { schema: 'aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor' },
  {
    schema:
      'aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
  },
  { schema: 'aten::t(Tensor(a) self) -> Tensor(a)' },
  { schema: 'aten::tanh(Tensor self) -> Tensor' },
  {
    schema:
      'aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)',
  },
  {
    schema:
      'aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)',
  },
  { schema: 'aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)', fast: 'transpose_int' },
  { schema: 'aten::tril(Tensor self, int diagonal=0) -> Tensor' },
  { schema: 'aten::triu(Tensor self, int diagonal=0) -> Tensor' },
  { schema: 'aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]' },
  {
    schema:
      'aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)',
  },
  { schema: 'aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)' },
  { schema: 'aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor' },
  { schema: 'aten::view(Tensor(a) self, int[] size) -> Tensor(a)' },
  { schema: 'aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor' },
  { schema: 'aten::zero_(Tensor(a!) self) -> Tensor(a!)' },
  {
    schema:
      'aten::zeros(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
  },
  {
    schema:
      'aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor',
  },
];
