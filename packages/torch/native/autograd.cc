// Gradients: backward (blocking, or on a pool thread with a promise), grad slots, grad mode.
#include "env.h"

#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <unordered_set>

namespace collm {
namespace {

struct Backward {
  at::Tensor root;
  at::Tensor seed;  // undefined: ones
  bool keep_graph = false;

  void run() const {
    const c10::AutoGradMode grad(true);
    torch::autograd::backward({root}, {seed}, keep_graph);
  }
};

Backward prepare(Call& call) {
  Backward work{call.tensor(0), {}, false};
  if (call.given(1)) work.seed = call.tensor(1);
  if (call.given(2)) work.keep_graph = call.boolean(2);
  if (!work.root.requires_grad()) throw BadArgument("argument", "the tensor does not require grad: nothing to differentiate");
  return work;
}

napi_value backward(Call& call) {
  prepare(call).run();
  return nullptr;
}

// A backward under way on a thread of the pool. It holds its own references: the scope that made
// the graph may close meanwhile.
struct Pending {
  Backward work;
  std::vector<at::Tensor> leaves;  // marked busy in `self` until it is done
  int threads = at::get_num_threads();
  Env* self;
  napi_deferred deferred = nullptr;
  napi_async_work task = nullptr;
  Failure failure;  // without a code: none

  void mark(int change) {
    for (const auto& leaf : leaves) {
      auto& count = self->busy[leaf.unsafeGetTensorImpl()];
      count += change;
      if (count == 0) self->busy.erase(leaf.unsafeGetTensorImpl());
    }
  }
};

// The leaves whose gradients a backward from `root` will write.
std::vector<at::Tensor> leaves_of(const at::Tensor& root) {
  using torch::autograd::Node;
  std::vector<at::Tensor> leaves;
  std::vector<Node*> open;
  std::unordered_set<Node*> seen;
  const auto visit = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) open.push_back(node);
  };
  if (!root.grad_fn()) leaves.push_back(root);
  visit(root.grad_fn().get());
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (auto* leaf = dynamic_cast<torch::autograd::AccumulateGrad*>(node)) leaves.push_back(leaf->variable);
    for (const auto& edge : node->next_edges()) visit(edge.function.get());
  }
  return leaves;
}

// A gradient that another thread is writing must neither be read nor replaced.
at::Tensor& idle_tensor(Call& call) {
  at::Tensor& tensor = call.tensor(0);
  if (!call.self.busy.empty() && call.self.busy.count(tensor.unsafeGetTensorImpl()) > 0)
    throw BadArgument("argument", "a backwardAsync() is writing this gradient: await it first");
  return tensor;
}

void execute(napi_env, void* data) {
  auto* pending = static_cast<Pending*>(data);
  try {
    if (at::get_num_threads() != pending->threads) at::set_num_threads(pending->threads);
    pending->work.run();
  } catch (...) {
    pending->failure = current_failure();
  }
  pending->work = {};
}

void complete(napi_env env, napi_status status, void* data) {
  std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
  pending->mark(-1);
  if (status != napi_ok && pending->failure.code == nullptr) pending->failure = {"torch", "cancelled"};
  napi_value result;
  if (pending->failure.code == nullptr) {
    napi_get_undefined(env, &result);
    napi_resolve_deferred(env, pending->deferred, result);
  } else {
    napi_create_array(env, &result);
    result = error_of(*pending->self, pending->failure, "backward", result);
    if (result != nullptr) napi_reject_deferred(env, pending->deferred, result);
  }
  napi_delete_async_work(env, pending->task);
}

napi_value backward_async(Call& call) {
  auto pending = std::make_unique<Pending>();
  pending->work = prepare(call);
  pending->self = &call.self;
  pending->leaves = leaves_of(pending->work.root);
  napi_value promise, name;
  check(call.env, napi_create_string_utf8(call.env, "backward", NAPI_AUTO_LENGTH, &name), "backward");
  check(call.env, napi_create_promise(call.env, &pending->deferred, &promise), "backward");
  check(call.env, napi_create_async_work(call.env, nullptr, name, execute, complete, pending.get(), &pending->task), "backward");
  check(call.env, napi_queue_async_work(call.env, pending->task), "backward");
  pending.release()->mark(+1);
  return promise;
}

napi_value grad(Call& call) {
  const at::Tensor& tensor = idle_tensor(call);
  // Intermediates keep no gradient; asking libtorch for it would print a warning.
  const at::Tensor gradient = tensor.is_leaf() ? tensor.grad() : at::Tensor();
  if (gradient.defined() && gradient.layout() != at::kStrided)
    throw BadArgument("argument", "the gradient is sparse, which the binding does not support: call embedding() without sparse");
  return gradient.defined() ? call.handle(gradient) : call.null();
}

// setGrad(tensor, gradient or null). The checks are those of PyTorch's Python side: libtorch has none here.
napi_value set_grad(Call& call) {
  at::Tensor& tensor = idle_tensor(call);
  at::Tensor gradient;
  if (call.given(1)) {
    gradient = call.tensor(1);
    if (!tensor.is_leaf()) throw BadArgument("argument", "only a leaf has a gradient slot");
    if (gradient.is_same(tensor)) throw BadArgument("argument", "a tensor cannot be its own gradient");
    if (gradient.sizes() != tensor.sizes() || gradient.scalar_type() != tensor.scalar_type() || gradient.device() != tensor.device())
      throw BadArgument("argument", "a gradient must have its tensor's shape, dtype and device");
    if (gradient.requires_grad()) gradient = gradient.detach();
    // Multi-tensor updates walk both memories side by side.
    if (gradient.strides() != tensor.strides()) gradient = at::empty_like(tensor).copy_(gradient).detach();
  }
  tensor.mutable_grad() = gradient;
  return nullptr;
}

napi_value requires_grad(Call& call) { return call.flag(call.tensor(0).requires_grad()); }

napi_value set_requires_grad(Call& call) {
  call.tensor(0).set_requires_grad(call.boolean(1));
  return nullptr;
}

// setGradEnabled(on): answers what it was.
napi_value set_grad_enabled(Call& call) {
  const napi_value before = call.flag(c10::GradMode::is_enabled());
  c10::GradMode::set_enabled(call.boolean(0));
  return before;
}

}  // namespace

void define_autograd(Env& self, napi_value exports) {
  define(self, exports, "backward", gate<backward>);
  define(self, exports, "backwardAsync", gate<backward_async>, "backward");
  define(self, exports, "grad", gate<grad>);
  define(self, exports, "setGrad", gate<set_grad>);
  define(self, exports, "requiresGrad", gate<requires_grad>);
  define(self, exports, "setRequiresGrad", gate<set_requires_grad>, "requiresGrad_");
  define(self, exports, "setGradEnabled", gate<set_grad_enabled>);
}

}  // namespace collm
