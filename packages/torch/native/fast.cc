// Typed wrappers for the operators that a profile named hot (`fast: true` in ops.ts). The template
// derives the conversions from the C++ signature, so that one line binds one operator.
#include "env.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/narrow.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/transpose.h>
#include <c10/core/GradMode.h>

namespace collm {
namespace {

using T = const at::Tensor&;
using Optional = const c10::optional<at::Tensor>&;
using Scalar = const c10::Scalar&;

template <class A>
decltype(auto) from(Call& call, size_t i) {
  if constexpr (std::is_same_v<A, T>) {
    return call.tensor(i);
  } else if constexpr (std::is_same_v<A, Optional>) {
    return call.given(i) ? c10::optional<at::Tensor>(call.tensor(i)) : c10::nullopt;
  } else if constexpr (std::is_same_v<A, Scalar>) {
    return to_scalar(call.env, call.values[i], "a factor");
  } else {
    static_assert(std::is_same_v<A, int64_t>);
    return call.integer(i);
  }
}

// What takes arguments of the types A, as a native function.
template <class... A>
struct Takes {
  template <at::Tensor (*function)(A...), size_t... I>
  static napi_value apply(Call& call, std::index_sequence<I...>) {
    return call.handle(function(from<A>(call, I)...));
  }
  template <at::Tensor (*function)(A...)>
  static napi_value run(Call& call) {
    return apply<function>(call, std::index_sequence_for<A...>());
  }
};

// linearBlocks(x [B, C], weight [N, C], rows): x Wᵀ without a graph, for few rows x. BLAS libraries first pack
// a large matrix, which takes longer than such a product; blocks below their limit are used as they lie.
napi_value linear_blocks(Call& call) {
  const at::Tensor x = call.tensor(0), w = call.tensor(1);
  const int64_t rows = call.integer(2);
  if (rows < 1 || x.dim() != 2 || w.dim() != 2 || !x.is_cpu() || !w.is_cpu() || (c10::GradMode::is_enabled() && (x.requires_grad() || w.requires_grad())))
    throw BadArgument("argument", "takes two matrices on the processor, outside of what is differentiated, and at least one row a block");
  at::Tensor y = at::empty({x.size(0), w.size(0)}, x.options());
  const int64_t grain = std::max<int64_t>(1, (1 << 19) / (rows * (x.numel() + 4 * w.size(1)) + 1));  // what is worth a second thread
  at::parallel_for(0, (w.size(0) + rows - 1) / rows, grain, [&](int64_t begin, int64_t end) {
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
  define(self, exports, "add_Tensor", gate<Takes<T, T, Scalar>::run<at::add>>, "aten::add.Tensor");
  define(self, exports, "mul_Tensor", gate<Takes<T, T>::run<at::mul>>, "aten::mul.Tensor");
  define(self, exports, "mm", gate<Takes<T, T>::run<at::mm>>, "aten::mm");
  define(self, exports, "linear", gate<Takes<T, T, Optional>::run<at::linear>>, "aten::linear");
  define(self, exports, "silu", gate<Takes<T>::run<at::silu>>, "aten::silu");
  define(self, exports, "transpose_int", gate<Takes<T, int64_t, int64_t>::run<at::transpose>>, "aten::transpose.int");
  define(self, exports, "narrow", gate<Takes<T, int64_t, int64_t, int64_t>::run<at::narrow>>, "aten::narrow");
  define(self, exports, "linearBlocks", gate<linear_blocks>);
}

}  // namespace collm
