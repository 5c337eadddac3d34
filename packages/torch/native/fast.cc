// Typed wrappers for the operators that a profile named hot (`fast: true` in ops.ts). The template
// derives the conversions from the C++ signature, so that one line binds one operator.
#include "env.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/narrow.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/transpose.h>

namespace collm {
namespace {

template <class T>
struct From;

template <>
struct From<const at::Tensor&> {
  static const at::Tensor& get(Call& call, size_t i) { return call.tensor(i); }
};

template <>
struct From<const c10::optional<at::Tensor>&> {
  static c10::optional<at::Tensor> get(Call& call, size_t i) {
    return call.given(i) ? c10::optional<at::Tensor>(call.tensor(i)) : c10::nullopt;
  }
};

template <>
struct From<const c10::Scalar&> {
  static c10::Scalar get(Call& call, size_t i) { return to_scalar(call.env, call.values[i], "a factor"); }
};

template <>
struct From<int64_t> {
  static int64_t get(Call& call, size_t i) { return call.integer(i); }
};

template <class F, F function>
struct Fast;

template <class... A, at::Tensor (*function)(A...)>
struct Fast<at::Tensor (*)(A...), function> {
  template <size_t... I>
  static napi_value apply(Call& call, std::index_sequence<I...>) {
    return call.handle(function(From<A>::get(call, I)...));
  }
  static napi_value run(Call& call) { return apply(call, std::index_sequence_for<A...>()); }
};

using T = const at::Tensor&;
template <class... A>
using F = at::Tensor (*)(A...);

template <class Type, Type function>
void bind(Env& self, napi_value exports, const char* name, const char* op) {
  define(self, exports, name, gate<Fast<Type, function>::run>, op);
}

// linearBlocks(x [B, C], weight [N, C], rows): x Wᵀ without a graph, for few rows x. BLAS libraries first pack
// a large matrix, which takes longer than such a product; blocks below their limit are used as they lie.
napi_value linear_blocks(Call& call) {
  const at::Tensor x = call.tensor(0), w = call.tensor(1);
  const int64_t rows = call.integer(2);
  if (rows < 1 || x.dim() != 2 || w.dim() != 2 || !x.is_cpu() || !w.is_cpu() || (c10::GradMode::is_enabled() && (x.requires_grad() || w.requires_grad())))
    throw BadArgument("argument", "takes two matrices on the processor, outside of what is differentiated, and at least one row a block");
  at::Tensor y = at::empty({x.size(0), w.size(0)}, x.options());
  at::parallel_for(0, (w.size(0) + rows - 1) / rows, 1, [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    for (int64_t start = begin * rows; start < std::min(end * rows, w.size(0)); start += rows) {
      const int64_t count = std::min(rows, w.size(0) - start);
      at::Tensor out = y.narrow(1, start, count);
      at::mm_out(out, x, w.narrow(0, start, count).t());
    }
  });
  return call.handle(std::move(y));
}

}  // namespace

void define_fast(Env& self, napi_value exports) {
  bind<F<T, T, const c10::Scalar&>, at::add>(self, exports, "add_Tensor", "aten::add.Tensor");
  bind<F<T, T, const c10::Scalar&>, at::sub>(self, exports, "sub_Tensor", "aten::sub.Tensor");
  bind<F<T, T>, at::mul>(self, exports, "mul_Tensor", "aten::mul.Tensor");
  bind<F<T, T>, at::mm>(self, exports, "mm", "aten::mm");
  bind<F<T, T>, at::matmul>(self, exports, "matmul", "aten::matmul");
  bind<F<T, T, const c10::optional<at::Tensor>&>, at::linear>(self, exports, "linear", "aten::linear");
  bind<F<T>, at::silu>(self, exports, "silu", "aten::silu");
  bind<F<T, int64_t, int64_t>, at::transpose>(self, exports, "transpose_int", "aten::transpose.int");
  bind<F<T, int64_t, int64_t, int64_t>, at::narrow>(self, exports, "narrow", "aten::narrow");
  define(self, exports, "linearBlocks", gate<linear_blocks>);
}

}  // namespace collm
