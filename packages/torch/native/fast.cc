// Typed wrappers for the operators that a profile named hot (`fast: true` in ops.ts). The template
// derives the conversions from the C++ signature, so that one line binds one operator.
#include "env.h"

#include <ATen/ops/add.h>
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
}

}  // namespace collm
