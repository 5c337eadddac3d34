// Entry point of the addon, and the errors that leave it.
#include "env.h"

#include <mutex>
#include <unordered_set>

namespace collm {

Failure current_failure() {
  try {
    throw;
  } catch (const BadArgument& error) {
    return {error.code, error.what()};
  } catch (const c10::OutOfMemoryError& error) {
    return {"memory", error.what_without_backtrace()};
  } catch (const c10::Error& error) {
    return {"torch", error.what_without_backtrace()};
  } catch (const std::exception& error) {
    return {"torch", error.what()};
  } catch (...) {
    return {"torch", "an unknown native exception"};
  }
}

napi_value error_of(Env& self, const Failure& failure, const char* op, napi_value given) {
  napi_env env = self.env;
  napi_value factory = nullptr, error = nullptr, receiver;
  napi_get_undefined(env, &receiver);
  if (self.make_error != nullptr) napi_get_reference_value(env, self.make_error, &factory);
  const napi_value arguments[] = {text_value(env, failure.code), text_value(env, failure.message), text_value(env, op), given};
  if (factory != nullptr && napi_call_function(env, receiver, factory, 4, arguments, &error) == napi_ok) return error;
  return napi_create_error(env, arguments[0], arguments[1], &error) == napi_ok ? error : nullptr;
}

void raise(Call& call, const Failure& failure) {
  bool pending = false;
  napi_is_exception_pending(call.env, &pending);
  if (pending) return;  // a getter of the caller threw
  const napi_value given = call.list(std::min(call.count, kMaxArguments), [&](size_t i) { return call.values[i]; });
  const napi_value error = error_of(call.self, failure, call.op, given);
  if (error != nullptr) napi_throw(call.env, error);
}

void define(Env& self, napi_value exports, const char* name, napi_callback function, const char* op) {
  napi_value value;
  self.bindings.push_back({&self, op == nullptr ? name : op});
  check(self.env, napi_create_function(self.env, name, NAPI_AUTO_LENGTH, function, &self.bindings.back(), &value), name);
  check(self.env, napi_set_named_property(self.env, exports, name, value), name);
}

namespace {

napi_value set_error_factory(Call& call) {
  napi_valuetype type;
  napi_typeof(call.env, call.values[0], &type);
  if (type != napi_function) throw BadArgument("argument", "the error factory must be a function");
  napi_ref reference;
  check(call.env, napi_create_reference(call.env, call.values[0], 1, &reference), "setErrorFactory");
  if (call.self.make_error != nullptr) napi_delete_reference(call.env, call.self.make_error);
  call.self.make_error = reference;
  return nullptr;
}

// Numbers of environments, handed out in turn, so that a number comes back as late as possible. Never
// destroyed: at process exit, workers may still be ending.
std::mutex& ids_mutex = *new std::mutex;
auto& used_ids = *new std::unordered_set<uint64_t>;
uint64_t last_id = 0;

uint64_t take_id() {
  constexpr uint64_t kLast = 0x7ff;
  const std::lock_guard<std::mutex> lock(ids_mutex);
  if (used_ids.size() >= kLast) return 0;
  do last_id = last_id % kLast + 1;
  while (!used_ids.insert(last_id).second);
  return last_id;
}

void close_environment(void* data) {
  auto* self = static_cast<Env*>(data);
  const uint64_t id = self->id;
  delete self;
  const std::lock_guard<std::mutex> lock(ids_mutex);
  used_ids.erase(id);
}

}  // namespace

}  // namespace collm

NAPI_MODULE_INIT() {
  const uint64_t id = collm::take_id();
  if (id == 0) return napi_throw_error(env, "addon", "more than 2047 threads have loaded the addon"), nullptr;
  auto* self = new collm::Env(env, id);
  // A hook, not instance data: workers end with their tensors freed even when they are terminated.
  napi_add_env_cleanup_hook(env, collm::close_environment, self);
  try {
    collm::guard_allocations();
    collm::define(*self, exports, "setErrorFactory", collm::gate<collm::set_error_factory>);
    using namespace collm;
    for (auto* part : {define_calls, define_tensors, define_autograd, define_fast, define_memory, define_system}) part(*self, exports);
  } catch (const std::exception& error) {
    napi_throw_error(env, "addon", error.what());
  }
  return exports;
}
