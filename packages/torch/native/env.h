// What every translation unit of the addon shares: the slot table behind integer handles, the
// per-thread environment, and the gate through which each native function is called.
#pragma once

#define NAPI_VERSION 8
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/Generator.h>
#include <ATen/core/ivalue.h>
#include <c10/util/FunctionRef.h>
#include <node_api.h>
#include <torch/version.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace collm {

// A mistake of the caller, found before libtorch is asked.
struct BadArgument : std::runtime_error {
  BadArgument(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* code;
};

// Objects of one kind, addressed by handles that fit a JavaScript number exactly:
// environment (11 bits, never 0) | kind (1 bit) | generation (18 bits) | index (22 bits).
// A handle of another worker or of another kind never matches a slot. A stale one does after its
// slot was used another 2^18 times, so whoever frees a handle forgets it.
template <class T>
class Slots {
 public:
  Slots(uint64_t environment, uint64_t kind) : tag_(((environment & 0x7ff) << 1) | kind) {}

  double put(T value) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      if (index >= (1u << 22)) throw BadArgument("torch", "more than 4194304 tensors are alive: scopes are missing");
      slots_.push_back({std::move(value), 0, true});
    } else {
      index = free_.back();
      free_.pop_back();
      slots_[index].value = std::move(value);
      slots_[index].live = true;
    }
    ++live_;
    return static_cast<double>((tag_ << 40) | (static_cast<uint64_t>(slots_[index].generation) << 22) | index);
  }

  // The slot of a handle, or null when the handle is stale, foreign or no handle at all.
  T* find(double handle) {
    if (!(handle >= 1 && handle < 4503599627370496.0)) return nullptr;
    const auto bits = static_cast<uint64_t>(handle);
    const auto index = static_cast<uint32_t>(bits & 0x3fffff);
    if ((bits >> 40) != tag_ || static_cast<double>(bits) != handle || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.live && slot.generation == ((bits >> 22) & 0x3ffff) ? &slot.value : nullptr;
  }

  bool drop(double handle) {
    T* value = find(handle);
    if (value == nullptr) return false;
    const auto index = static_cast<uint32_t>(static_cast<uint64_t>(handle) & 0x3fffff);
    Slot& slot = slots_[index];
    T dying = std::move(slot.value);
    slot.value = T();
    slot.live = false;
    slot.generation = (slot.generation + 1) & 0x3ffff;
    free_.push_back(index);
    --live_;
    return true;
  }

  size_t live() const { return live_; }

  template <class F>
  void each(F visit) {
    for (auto& slot : slots_) {
      if (slot.live) visit(slot.value);
    }
  }

 private:
  struct Slot {
    T value;
    uint32_t generation;
    bool live;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  uint64_t tag_;
  size_t live_ = 0;
};

struct Env;

// What a native function finds as its data: its thread's environment, and its name for errors.
struct Binding {
  Env* self;
  const char* name;
};

// One per JavaScript thread (main thread or worker): nothing here is shared between them.
struct Env {
  explicit Env(napi_env env, uint64_t id) : env(env), id(id), tensors(id, 0), generators(id, 1) {}
  napi_env env;
  const uint64_t id;
  Slots<at::Tensor> tensors;
  Slots<at::Generator> generators;
  napi_ref make_error = nullptr;  // (code, message, operator, arguments) => Error, set from TypeScript
  std::deque<Binding> bindings;
  std::vector<c10::IValue> stack;  // spare capacity between two operator calls
  std::unordered_map<int64_t, std::shared_ptr<void>> graphs;  // CUDA graphs by number; numbers are never used again
  int64_t last_graph = 0;
  // Leaves whose gradients a backward on a pool thread is writing, with how many such backwards.
  std::unordered_map<const c10::TensorImpl*, int> busy;
};

constexpr uint32_t kMaxList = 1u << 20;  // elements of a list argument
// Refuses what is no array, and lists that no operator can want.
void each_element(napi_env env, napi_value value, const char* what, c10::function_ref<void(napi_value)> visit);

// Conversions of single values; `what` names the argument in the error.
double to_number(napi_env env, napi_value value, const char* what);
int64_t to_integer(napi_env env, napi_value value, const char* what);
std::string to_text(napi_env env, napi_value value, const char* what);
at::Tensor& to_tensor(Env& self, napi_value value, const char* what);
at::Generator& to_generator(Env& self, napi_value value, const char* what);
std::vector<int64_t> to_integers(napi_env env, napi_value value, const char* what);
c10::Scalar to_scalar(napi_env env, napi_value value, const char* what);
bool to_boolean(napi_env env, napi_value value, const char* what);
at::ScalarType to_dtype(int64_t code);
c10::Device to_device(const std::string& text);
bool is_nullish(napi_env env, napi_value value);
void check(napi_env env, napi_status status, const char* doing);
napi_value text_value(napi_env env, const std::string& text);

constexpr size_t kMaxArguments = 24;

// One native call: its arguments and, for error messages, the operator's name.
struct Call {
  Call(napi_env env, napi_callback_info info)
      : binding(current(env, info, &count, values)), self(*binding.self), env(env), op(binding.name) {}
  // Before `binding`, whose initialisation fills them.
  size_t count = kMaxArguments;
  napi_value values[kMaxArguments];
  const Binding& binding;
  Env& self;
  napi_env env;
  const char* op;  // outlives the call

  // Neither undefined nor null.
  bool given(size_t i) const { return i < count && i < kMaxArguments && !is_nullish(env, values[i]); }
  double number(size_t i) const { return to_number(env, values[i], "argument"); }
  int64_t integer(size_t i) const { return to_integer(env, values[i], "argument"); }
  bool boolean(size_t i) const { return to_boolean(env, values[i], "argument"); }
  std::string text(size_t i) const { return to_text(env, values[i], "argument"); }
  at::Tensor& tensor(size_t i) const { return to_tensor(self, values[i], "tensor"); }
  std::vector<int64_t> integers(size_t i) const { return to_integers(env, values[i], "argument"); }

  napi_value handle(at::Tensor tensor) const;
  napi_value value(double number) const;
  napi_value flag(bool on) const;
  napi_value null() const;
  napi_value text(const std::string& text) const { return text_value(env, text); }
  // An array of what `make` gives for 0, 1, ...
  template <class F>
  napi_value list(size_t length, F make) const {
    napi_value result = nullptr;
    napi_create_array_with_length(env, length, &result);
    for (uint32_t i = 0; i < length; ++i) napi_set_element(env, result, i, make(i));
    return result;
  }
  napi_value list(c10::ArrayRef<int64_t> numbers) const {
    return list(numbers.size(), [&](size_t i) { return value(static_cast<double>(numbers[i])); });
  }

 private:
  static const Binding& current(napi_env env, napi_callback_info info, size_t* count, napi_value* values);
};

// What the exception being handled means to TypeScript. Only inside a catch block.
struct Failure {
  const char* code = nullptr;
  std::string message;
};
Failure current_failure();
// The JavaScript error for a failure, or null when none can be made.
napi_value error_of(Env& self, const Failure& failure, const char* op, napi_value given);
// Throws it, with the operator's name and what it was given.
void raise(Call& call, const Failure& failure);
// The one place where C++ exceptions end.
template <napi_value (*Function)(Call&)>
napi_value gate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  try {
    return Function(call);
  } catch (...) {
    raise(call, current_failure());
  }
  return nullptr;
}

// `op` is the name in errors, when that is not `name`. Both must be literals.
void define(Env& self, napi_value exports, const char* name, napi_callback function, const char* op = nullptr);

// Arguments of an operator as libtorch takes them, and the check before the call that some need.
using Stack = std::vector<c10::IValue>;
using Check = void (*)(const Stack&);
Check check_of(const std::string& name);

// Makes an allocation that cannot fit fail with an error, where Linux would kill the process later.
void guard_allocations();

// Each file registers its own functions.
void define_calls(Env& self, napi_value exports);
void define_tensors(Env& self, napi_value exports);
void define_autograd(Env& self, napi_value exports);
void define_fast(Env& self, napi_value exports);
void define_system(Env& self, napi_value exports);
void define_memory(Env& self, napi_value exports);

}  // namespace collm
