// Gradients: backward (blocking, or on a pool thread with a promise), grad slots, grad mode.
#include "env.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

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
  call.op = "backward";
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
  Env* self;
  napi_deferred deferred = nullptr;
  napi_async_work task = nullptr;
  std::string error;
};

void execute(napi_env, void* data) {
  auto* pending = static_cast<Pending*>(data);
  try {
    pending->work.run();
  } catch (const c10::Error& error) {
    pending->error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    pending->error = error.what();
  } catch (...) {
    pending->error = "an unknown native exception";
  }
  pending->work = {};
}

void complete(napi_env env, napi_status, void* data) {
  std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
  napi_value result = nullptr;
  napi_get_undefined(env, &result);
  if (pending->error.empty()) {
    napi_resolve_deferred(env, pending->deferred, result);
  } else {
    napi_value make_error = nullptr, error = nullptr, arguments[4];
    const std::string texts[] = {"torch", pending->error, "backward", ""};
    for (int i = 0; i < 4; ++i) napi_create_string_utf8(env, texts[i].data(), texts[i].size(), &arguments[i]);
    napi_get_reference_value(env, pending->self->make_error, &make_error);
    if (make_error == nullptr || napi_call_function(env, result, make_error, 4, arguments, &error) != napi_ok)
      napi_create_error(env, nullptr, arguments[1], &error);
    napi_reject_deferred(env, pending->deferred, error);
  }
  napi_delete_async_work(env, pending->task);
}

napi_value backward_async(Call& call) {
  auto pending = std::make_unique<Pending>();
  pending->work = prepare(call);
  pending->self = &call.self;
  napi_value promise, name;
  check(call.env, napi_create_string_utf8(call.env, "backward", NAPI_AUTO_LENGTH, &name), "backward");
  check(call.env, napi_create_promise(call.env, &pending->deferred, &promise), "backward");
  check(call.env, napi_create_async_work(call.env, nullptr, name, execute, complete, pending.get(), &pending->task), "backward");
  check(call.env, napi_queue_async_work(call.env, pending->task), "backward");
  pending.release();
  return promise;
}

napi_value grad(Call& call) {
  const at::Tensor& gradient = call.tensor(0).grad();
  if (gradient.defined()) return call.handle(gradient);
  napi_value none;
  napi_get_null(call.env, &none);
  return none;
}

napi_value set_grad(Call& call) {
  at::Tensor& tensor = call.tensor(0);
  tensor.mutable_grad() = call.given(1) ? call.tensor(1) : at::Tensor();
  return nullptr;
}

napi_value requires_grad(Call& call) {
  napi_value result;
  napi_get_boolean(call.env, call.tensor(0).requires_grad(), &result);
  return result;
}

napi_value set_requires_grad(Call& call) {
  call.op = "requiresGrad_";
  call.tensor(0).set_requires_grad(call.boolean(1));
  return nullptr;
}

// setGradEnabled(on): answers what it was.
napi_value set_grad_enabled(Call& call) {
  napi_value before;
  napi_get_boolean(call.env, c10::GradMode::is_enabled(), &before);
  c10::GradMode::set_enabled(call.boolean(0));
  return before;
}

}  // namespace

void define_autograd(Env& self, napi_value exports) {
  define(self, exports, "backward", gate<backward>);
  define(self, exports, "backwardAsync", gate<backward_async>);
  define(self, exports, "grad", gate<grad>);
  define(self, exports, "setGrad", gate<set_grad>);
  define(self, exports, "requiresGrad", gate<requires_grad>);
  define(self, exports, "setRequiresGrad", gate<set_requires_grad>);
  define(self, exports, "setGradEnabled", gate<set_grad_enabled>);
}

}  // namespace collm
