// Entry point of the addon, argument conversion, and the error gate.
#include "env.h"

#include <atomic>
#include <cmath>
#include <sstream>

namespace collm {

void check(napi_env env, napi_status status, const char* doing) {
  if (status == napi_ok) return;
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw BadArgument("argument", std::string(doing) + (info && info->error_message ? std::string(": ") + info->error_message : ""));
}

bool is_nullish(napi_env env, napi_value value) {
  napi_valuetype type;
  if (value == nullptr || napi_typeof(env, value, &type) != napi_ok) return true;
  return type == napi_undefined || type == napi_null;
}

double to_number(napi_env env, napi_value value, const char* what) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok)
    throw BadArgument("argument", std::string(what) + " must be a number");
  return number;
}

int64_t to_integer(napi_env env, napi_value value, const char* what) {
  const double number = to_number(env, value, what);
  if (!(std::fabs(number) <= 9007199254740992.0) || number != std::floor(number))
    throw BadArgument("argument", std::string(what) + " must be an integer, got " + std::to_string(number));
  return static_cast<int64_t>(number);
}

std::string to_text(napi_env env, napi_value value, const char* what) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok)
    throw BadArgument("argument", std::string(what) + " must be a string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

at::Tensor& to_tensor(Env& self, napi_value value, const char* what) {
  double handle;
  if (napi_get_value_double(self.env, value, &handle) != napi_ok)
    throw BadArgument("argument", std::string(what) + " must be a tensor");
  if (at::Tensor* tensor = self.tensors.find(handle)) return *tensor;
  if (handle == 0) throw BadArgument("disposed", std::string(what) + " was disposed");
  throw BadArgument("handle", std::string(what) + " is no live tensor of this thread");
}

std::vector<int64_t> to_integers(napi_env env, napi_value value, const char* what) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  if (!is_array) return {to_integer(env, value, what)};
  uint32_t length = 0;
  napi_get_array_length(env, value, &length);
  std::vector<int64_t> numbers;
  numbers.reserve(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value item;
    check(env, napi_get_element(env, value, i, &item), what);
    numbers.push_back(to_integer(env, item, what));
  }
  return numbers;
}

Env& Call::current(napi_env env, napi_callback_info info, size_t* count, napi_value* values) {
  void* data = nullptr;
  napi_get_cb_info(env, info, count, values, nullptr, &data);
  return *static_cast<Env*>(data);
}

Call::Call(napi_env env, napi_callback_info info) : self(current(env, info, &count, values)), env(env) {}

bool Call::given(size_t i) const { return i < count && i < kMaxArguments && !is_nullish(env, values[i]); }
double Call::number(size_t i) const { return to_number(env, values[i], "argument"); }
int64_t Call::integer(size_t i) const { return to_integer(env, values[i], "argument"); }
std::string Call::text(size_t i) const { return to_text(env, values[i], "argument"); }
at::Tensor& Call::tensor(size_t i) const { return to_tensor(self, values[i], "tensor"); }
std::vector<int64_t> Call::integers(size_t i) const { return to_integers(env, values[i], "argument"); }

bool Call::boolean(size_t i) const {
  bool value = false;
  if (napi_get_value_bool(env, values[i], &value) != napi_ok) throw BadArgument("argument", "argument must be a boolean");
  return value;
}

napi_value Call::handle(at::Tensor tensor) const { return value(self.tensors.put(std::move(tensor))); }

napi_value Call::value(double number) const {
  napi_value result;
  napi_create_double(env, number, &result);
  return result;
}

namespace {

void describe(std::ostringstream& out, const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  out << (out.tellp() > 0 ? ", " : "") << c10::toString(tensor.scalar_type()) << "[";
  for (int64_t i = 0; i < tensor.dim(); ++i) out << (i ? "," : "") << tensor.size(i);
  out << "]";
}

std::string shapes_of(Call& call) {
  std::ostringstream out;
  for (size_t i = 0; i < std::min(call.count, kMaxArguments); ++i) {
    double handle;
    bool is_array = false;
    napi_is_array(call.env, call.values[i], &is_array);
    if (is_array) {
      uint32_t length = 0;
      napi_get_array_length(call.env, call.values[i], &length);
      for (uint32_t k = 0; k < std::min(length, 8u); ++k) {
        napi_value item;
        if (napi_get_element(call.env, call.values[i], k, &item) != napi_ok) break;
        if (napi_get_value_double(call.env, item, &handle) != napi_ok) break;
        if (const at::Tensor* tensor = call.self.tensors.find(handle)) describe(out, *tensor);
      }
    } else if (napi_get_value_double(call.env, call.values[i], &handle) == napi_ok) {
      if (const at::Tensor* tensor = call.self.tensors.find(handle)) describe(out, *tensor);
    }
  }
  return out.str();
}

napi_value text_value(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

}  // namespace

void raise(Call& call, const char* code, const std::string& message) {
  bool pending = false;
  napi_is_exception_pending(call.env, &pending);
  if (pending) return;
  napi_value make_error = nullptr, error = nullptr, receiver;
  napi_get_undefined(call.env, &receiver);
  if (call.self.make_error != nullptr) napi_get_reference_value(call.env, call.self.make_error, &make_error);
  napi_value arguments[] = {text_value(call.env, code), text_value(call.env, message), text_value(call.env, call.op),
                            text_value(call.env, shapes_of(call))};
  if (make_error == nullptr || napi_call_function(call.env, receiver, make_error, 4, arguments, &error) != napi_ok) {
    napi_throw_error(call.env, code, message.c_str());
    return;
  }
  napi_throw(call.env, error);
}

void define(Env& self, napi_value exports, const char* name, Function function) {
  napi_value value;
  check(self.env, napi_create_function(self.env, name, NAPI_AUTO_LENGTH, function, &self, &value), name);
  check(self.env, napi_set_named_property(self.env, exports, name, value), name);
}

namespace {

napi_value set_error_factory(Call& call) {
  if (call.self.make_error != nullptr) napi_delete_reference(call.env, call.self.make_error);
  check(call.env, napi_create_reference(call.env, call.values[0], 1, &call.self.make_error), "setErrorFactory");
  return nullptr;
}

void close_environment(void* data) { delete static_cast<Env*>(data); }

}  // namespace

}  // namespace collm

NAPI_MODULE_INIT() {
  static std::atomic<uint64_t> next_id{1};
  auto* self = new collm::Env(env, next_id.fetch_add(1));
  // A hook, not instance data: workers end with their tensors freed even when they are terminated.
  napi_add_env_cleanup_hook(env, collm::close_environment, self);
  collm::define(*self, exports, "setErrorFactory", collm::gate<collm::set_error_factory>);
  collm::define_calls(*self, exports);
  collm::define_tensors(*self, exports);
  collm::define_autograd(*self, exports);
  collm::define_fast(*self, exports);
  collm::define_system(*self, exports);
  return exports;
}
