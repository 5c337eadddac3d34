// Conversion of JavaScript's arguments, and the call object that holds them.
#include "env.h"

#include <torch/cuda.h>

#include <cmath>

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
  if (napi_get_value_double(env, value, &number) != napi_ok) throw BadArgument("argument", std::string(what) + " must be a number");
  return number;
}

int64_t to_integer(napi_env env, napi_value value, const char* what) {
  const double number = to_number(env, value, what);
  if (!(std::fabs(number) <= 9007199254740992.0) || number != std::floor(number))
    throw BadArgument("argument", std::string(what) + " must be an integer, got " + std::to_string(number));
  return static_cast<int64_t>(number);
}

c10::Scalar to_scalar(napi_env env, napi_value value, const char* what) {
  bool flag;
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) {
    if (napi_get_value_bool(env, value, &flag) == napi_ok) return c10::Scalar(flag);
    throw BadArgument("argument", std::string(what) + " must be a number");
  }
  // JavaScript has one number type: whole numbers act as integers, so that integer tensors stay integers.
  if (number == std::floor(number) && std::fabs(number) <= 9007199254740992.0) return c10::Scalar(static_cast<int64_t>(number));
  return c10::Scalar(number);
}

bool to_boolean(napi_env env, napi_value value, const char* what) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) throw BadArgument("argument", std::string(what) + " must be a boolean");
  return flag;
}

std::string to_text(napi_env env, napi_value value, const char* what) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) throw BadArgument("argument", std::string(what) + " must be a string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

void each_element(napi_env env, napi_value value, const char* what, c10::function_ref<void(napi_value)> visit) {
  bool is_array = false;
  uint32_t length = 0;
  napi_is_array(env, value, &is_array);
  if (!is_array || napi_get_array_length(env, value, &length) != napi_ok) throw BadArgument("argument", std::string(what) + " must be an array");
  if (length > kMaxList) throw BadArgument("argument", std::string(what) + " has " + std::to_string(length) + " elements, at most " + std::to_string(kMaxList) + " are allowed");
  for (uint32_t i = 0; i < length; ++i) {
    napi_value item;
    check(env, napi_get_element(env, value, i, &item), what);
    visit(item);
  }
}

at::Tensor& to_tensor(Env& self, napi_value value, const char* what) {
  double handle;
  if (napi_get_value_double(self.env, value, &handle) != napi_ok) throw BadArgument("argument", std::string(what) + " must be a tensor");
  if (at::Tensor* tensor = self.tensors.find(handle)) return *tensor;
  // TypeScript's freed tensors have 0, or in debug mode minus the number of a record of their origin.
  if (handle <= 0) throw BadArgument("disposed", std::to_string(static_cast<int64_t>(std::max(-handle, 0.0))));
  throw BadArgument("handle", std::string(what) + " is no live tensor of this thread");
}

at::Generator& to_generator(Env& self, napi_value value, const char* what) {
  if (at::Generator* generator = self.generators.find(to_number(self.env, value, what))) return *generator;
  throw BadArgument("handle", std::string(what) + " is no live generator of this thread");
}

std::vector<int64_t> to_integers(napi_env env, napi_value value, const char* what) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  if (!is_array) return {to_integer(env, value, what)};
  std::vector<int64_t> numbers;
  each_element(env, value, what, [&](napi_value item) { numbers.push_back(to_integer(env, item, what)); });
  return numbers;
}

// The dtypes of TypeScript's `DType`. Others (quantized, complex) would reach code that nothing here expects.
at::ScalarType to_dtype(int64_t code) {
  switch (code) {
    case 0: case 3: case 4: case 5: case 6: case 7: case 11: case 15: return static_cast<at::ScalarType>(code);
    default: throw BadArgument("argument", "no dtype has the code " + std::to_string(code));
  }
}

// libtorch knows many more devices (meta, mkldnn, ...), whose tensors have no memory to read.
c10::Device to_device(const std::string& text) {
  if (text == "cpu") return c10::Device(c10::kCPU);
  const bool indexed = text.size() > 5 && text.size() <= 8 && text.compare(0, 5, "cuda:") == 0 &&
                       text.find_first_not_of("0123456789", 5) == std::string::npos;
  if (text != "cuda" && !indexed) throw BadArgument("argument", "\"" + text.substr(0, 40) + "\" is no device; use cpu, cuda or cuda:<index>");
  const int64_t count = torch::cuda::is_available() ? static_cast<int64_t>(torch::cuda::device_count()) : 0;
  const int64_t index = indexed ? std::stoll(text.substr(5)) : -1;
  if (count == 0) throw BadArgument("argument", "the device " + text + " needs CUDA, which this libtorch or this machine lacks");
  if (index >= count) throw BadArgument("argument", "there is no device " + text + ": this machine has " + std::to_string(count));
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

const Binding& Call::current(napi_env env, napi_callback_info info, size_t* count, napi_value* values) {
  void* data = nullptr;
  napi_get_cb_info(env, info, count, values, nullptr, &data);
  return *static_cast<const Binding*>(data);
}

napi_value Call::handle(at::Tensor tensor) const {
  // Views may claim any shape without memory behind it: libtorch's own products could overflow, or a sum never end.
  if (tensor.dim() > 64) throw BadArgument("torch", "the result would have more than 64 dimensions");
  int64_t count = 1;
  for (const int64_t size : tensor.sizes()) {
    if (size > 1 && (__builtin_mul_overflow(count, size, &count) || count > (int64_t{1} << 40)))
      throw BadArgument("torch", "the result would have an impossible shape");
  }
  return value(self.tensors.put(std::move(tensor)));
}

napi_value Call::value(double number) const {
  napi_value result;
  napi_create_double(env, number, &result);
  return result;
}

napi_value Call::flag(bool on) const {
  napi_value result;
  napi_get_boolean(env, on, &result);
  return result;
}

napi_value Call::null() const {
  napi_value result;
  napi_get_null(env, &result);
  return result;
}

napi_value text_value(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

}  // namespace collm
