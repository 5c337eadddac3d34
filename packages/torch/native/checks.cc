// Checks that libtorch leaves out: without them a wrong call would crash the process, not fail.
#include "env.h"

#include <ATen/ops/any.h>
#include <ATen/ops/eq.h>

#include <limits>

namespace collm {
namespace {

void refuse(bool bad, const std::string& why) {
  if (bad) throw BadArgument("argument", why);
}

// More results than a thread has handles: libtorch would first make them all.
void check_pieces(int64_t pieces) {
  refuse(pieces > kMaxList, "would make " + std::to_string(pieces) + " tensors, at most " + std::to_string(kMaxList) + " are allowed");
}

// 0 for a dimension that is not there: libtorch has an error for that.
int64_t size_of(const at::Tensor& tensor, int64_t dim) { return dim < -tensor.dim() || dim >= tensor.dim() ? 0 : tensor.size(dim); }

void check_unbind(const Stack& stack) { check_pieces(size_of(stack[0].toTensor(), stack[1].toInt())); }
void check_chunk(const Stack& stack) { check_pieces(stack[1].toInt()); }
void check_split(const Stack& stack) { check_pieces(size_of(stack[0].toTensor(), stack[2].toInt()) / std::max<int64_t>(stack[1].toInt(), 1)); }

// The fused kernels walk raw memory: every list must match the parameters in number, shape, layout and dtype.
void check_fused(const Stack& stack) {
  const auto list = [&](size_t i) { return stack[i].toListRef(); };
  const auto scalar = [](const at::Tensor& t, const at::Tensor& like) {
    refuse(t.numel() != 1 || t.scalar_type() != at::kFloat || t.device() != like.device(), "steps, scale and flag must be single f32 numbers beside the parameters");
  };
  refuse(stack[11].toBool() || list(4).size() > 0, "amsgrad is not supported");
  for (const size_t other : {1, 2, 3, 5}) refuse(list(other).size() != list(0).size(), "the lists differ in length");
  for (size_t i = 0; i < list(0).size(); ++i) {
    const at::Tensor& p = list(0)[i].toTensor();
    const at::Tensor& first = list(0)[0].toTensor();
    refuse(!p.is_floating_point() || !p.is_non_overlapping_and_dense(), "a parameter is not dense or not of floating point");
    for (const size_t other : {0, 1, 2, 3}) {
      const at::Tensor& t = list(other)[i].toTensor();
      refuse(t.sizes() != p.sizes() || t.strides() != p.strides() || t.scalar_type() != first.scalar_type() || t.device() != first.device(),
             "a gradient or moment differs from its parameter in shape, layout, dtype or device");
    }
    scalar(list(5)[i].toTensor(), p);
    for (const size_t extra : {13, 14})
      if (stack[extra].isTensor()) scalar(stack[extra].toTensor(), p);
  }
}

// The least integer divided by -1 stops the processor (SIGFPE) inside libtorch's kernels.
void check_division(const Stack& stack) {
  const at::Tensor& self = stack[0].toTensor();
  if (self.numel() == 0 || (self.scalar_type() != at::kInt && self.scalar_type() != at::kLong)) return;
  const bool minus_one = stack[1].isTensor() ? !stack[1].toTensor().is_floating_point() && at::any(at::eq(stack[1].toTensor(), -1)).item<bool>()
                                             : stack[1].toScalar().toDouble() == -1;
  const int64_t least = self.scalar_type() == at::kInt ? std::numeric_limits<int32_t>::min() : std::numeric_limits<int64_t>::min();
  refuse(minus_one && at::any(at::eq(self, least)).item<bool>(), "the least integer divided by -1 overflows");
}

// The flash kernel trusts that keys and values are equally many, and divides by the number of heads.
void check_attention(const Stack& stack) {
  const at::Tensor &query = stack[0].toTensor(), &key = stack[1].toTensor(), &value = stack[2].toTensor();
  const int64_t rank = query.dim();
  const bool grouped = stack.size() > 7 && stack[7].isBool() && stack[7].toBool();
  refuse(rank < 2 || key.dim() != rank || value.dim() != rank, "query, key and value must have the same number of dimensions, two or more");
  refuse(key.size(-2) != value.size(-2), "there must be as many keys as values");
  refuse(query.size(-1) != key.size(-1), "query and key must have the same last size");
  for (int64_t dim = 0; dim < rank - 2; ++dim) {
    const int64_t heads = key.size(dim);
    const bool fits = grouped && dim == rank - 3 ? heads > 0 && query.size(dim) % heads == 0 : query.size(dim) == heads;
    refuse(!fits || value.size(dim) != heads, "batch sizes or heads of query, key and value do not match");
  }
}

}  // namespace

Check check_of(const std::string& name) {
  if (name == "aten::unbind.int") return check_unbind;
  if (name == "aten::split.Tensor") return check_split;
  if (name == "aten::chunk") return check_chunk;
  if (name == "aten::_fused_adamw_") return check_fused;
  if (name == "aten::floor_divide" || name == "aten::remainder.Scalar") return check_division;
  return name == "aten::scaled_dot_product_attention" ? check_attention : nullptr;
}

}  // namespace collm
