// The generic operator call: JavaScript values in, ATen's boxed dispatcher, JavaScript values out.
// Arguments are converted by the types and filled by the defaults of the registered schema.
#include "env.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>

#include <cmath>
#include <mutex>

namespace collm {
namespace {

enum class Kind { tensor, tensors, optional_tensors, integer, integers, real, reals, boolean, scalar, device, generator, text, other };

struct Parameter {
  Kind kind;
  bool optional;
  std::string name;
  c10::optional<c10::IValue> fallback;
};

struct Operator {
  std::string name;
  c10::optional<c10::OperatorHandle> handle;
  std::vector<Parameter> parameters;
  bool in_place = false;
};

Kind kind_of(const c10::TypePtr& type) {
  const std::string text = type->str();
  using K = c10::TypeKind;
  switch (type->kind()) {
    case K::TensorType: return Kind::tensor;
    case K::IntType: case K::SymIntType: case K::ScalarTypeType: case K::LayoutType: case K::MemoryFormatType: return Kind::integer;
    case K::FloatType: return Kind::real;
    case K::BoolType: return Kind::boolean;
    case K::NumberType: return Kind::scalar;
    case K::DeviceObjType: return Kind::device;
    case K::GeneratorType: return Kind::generator;
    case K::StringType: return Kind::text;
    case K::ListType: {
      const auto element = type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == K::TensorType) return Kind::tensors;
      if (element->kind() == K::OptionalType) return Kind::optional_tensors;
      if (element->kind() == K::IntType || element->kind() == K::SymIntType) return Kind::integers;
      if (element->kind() == K::FloatType) return Kind::reals;
      return Kind::other;
    }
    default: return Kind::other;
  }
}

Parameter parameter_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  bool optional = false;
  if (type->kind() == c10::TypeKind::OptionalType) {
    optional = true;
    type = type->castRaw<c10::OptionalType>()->getElementType();
  }
  return {kind_of(type), optional, argument.name(), argument.default_value()};
}

// The table of TypeScript's ops.ts, in its order. Shared by all threads, bound once.
std::vector<Operator> operators;
std::mutex operators_mutex;

Operator look_up(const std::string& name) {
  const size_t dot = name.find('.');
  Operator op{name, c10::Dispatcher::singleton().findSchema({name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1)}), {}};
  if (!op.handle) return op;
  for (const auto& argument : op.handle->schema().arguments()) op.parameters.push_back(parameter_of(argument));
  const auto& returns = op.handle->schema().returns();
  op.in_place = !returns.empty() && returns[0].alias_info() != nullptr && returns[0].alias_info()->isWrite();
  return op;
}

// bindOperators(names): registers the table; answers the schema registered here for each (or null).
napi_value bind_operators(Call& call) {
  uint32_t length = 0;
  check(call.env, napi_get_array_length(call.env, call.values[0], &length), "bindOperators");
  const std::lock_guard<std::mutex> lock(operators_mutex);
  const bool first = operators.empty();
  if (!first && operators.size() != length) throw BadArgument("argument", "another operator table is already bound");
  if (first) operators.reserve(length);
  napi_value schemas;
  napi_create_array_with_length(call.env, length, &schemas);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value item;
    napi_get_element(call.env, call.values[0], i, &item);
    if (first) operators.push_back(look_up(to_text(call.env, item, "operator name")));
    napi_value text;
    if (operators[i].handle) {
      const std::string schema = c10::toString(operators[i].handle->schema());
      napi_create_string_utf8(call.env, schema.data(), schema.size(), &text);
    } else {
      napi_get_null(call.env, &text);
    }
    napi_set_element(call.env, schemas, i, text);
  }
  return schemas;
}

template <class F>
void each_element(napi_env env, napi_value value, const char* what, F visit) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  if (!is_array) throw BadArgument("argument", std::string(what) + " must be an array");
  uint32_t length = 0;
  napi_get_array_length(env, value, &length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value item;
    check(env, napi_get_element(env, value, i, &item), what);
    visit(item);
  }
}

c10::Scalar to_scalar(napi_env env, napi_value value, const char* what) {
  bool flag;
  if (napi_get_value_bool(env, value, &flag) == napi_ok) return c10::Scalar(flag);
  const double number = to_number(env, value, what);
  // JavaScript has one number type: whole numbers act as integers, so that integer tensors stay integers.
  if (number == std::floor(number) && std::fabs(number) <= 9007199254740992.0) return c10::Scalar(static_cast<int64_t>(number));
  return c10::Scalar(number);
}

c10::IValue convert(Call& call, const Parameter& parameter, napi_value value) {
  const char* what = parameter.name.c_str();
  switch (parameter.kind) {
    case Kind::tensor: return to_tensor(call.self, value, what);
    case Kind::integer: return to_integer(call.env, value, what);
    case Kind::integers: return to_integers(call.env, value, what);
    case Kind::real: return to_number(call.env, value, what);
    case Kind::scalar: return to_scalar(call.env, value, what);
    case Kind::text: return to_text(call.env, value, what);
    case Kind::device: return c10::Device(to_text(call.env, value, what));
    case Kind::boolean: {
      bool flag;
      if (napi_get_value_bool(call.env, value, &flag) != napi_ok) throw BadArgument("argument", std::string(what) + " must be a boolean");
      return flag;
    }
    case Kind::generator: {
      at::Generator* generator = call.self.generators.find(to_number(call.env, value, what));
      if (generator == nullptr) throw BadArgument("handle", std::string(what) + " is no live generator of this thread");
      return *generator;
    }
    case Kind::tensors: {
      c10::List<at::Tensor> list;
      each_element(call.env, value, what, [&](napi_value item) { list.push_back(to_tensor(call.self, item, what)); });
      return list;
    }
    case Kind::optional_tensors: {
      c10::impl::GenericList list(c10::OptionalType::ofTensor());
      each_element(call.env, value, what, [&](napi_value item) {
        list.push_back(is_nullish(call.env, item) ? c10::IValue() : c10::IValue(to_tensor(call.self, item, what)));
      });
      return list;
    }
    case Kind::reals: {
      c10::List<double> list;
      each_element(call.env, value, what, [&](napi_value item) { list.push_back(to_number(call.env, item, what)); });
      return list;
    }
    case Kind::other: break;
  }
  throw BadArgument("argument", std::string(what) + " has a type that the binding does not convert");
}

napi_value give_back(Call& call, const c10::IValue& value) {
  napi_value result = nullptr;
  if (value.isTensor()) {
    if (value.toTensor().defined()) return call.handle(value.toTensor());
    napi_get_null(call.env, &result);
  } else if (value.isBool()) {
    napi_get_boolean(call.env, value.toBool(), &result);
  } else if (value.isInt()) {
    return call.value(static_cast<double>(value.toInt()));
  } else if (value.isDouble()) {
    return call.value(value.toDouble());
  } else if (value.isList()) {
    const auto list = value.toListRef();
    napi_create_array_with_length(call.env, list.size(), &result);
    for (size_t i = 0; i < list.size(); ++i) napi_set_element(call.env, result, i, give_back(call, list[i]));
  }
  return result;
}

// call(operator index, ...arguments in schema order; undefined stands for the schema's default)
napi_value call_operator(Call& call) {
  const int64_t index = call.integer(0);
  if (index < 0 || static_cast<size_t>(index) >= operators.size()) throw BadArgument("argument", "no operator has this index");
  const Operator& op = operators[index];
  call.op = op.name;
  if (!op.handle) throw BadArgument("missing", "this operator is not in libtorch " TORCH_VERSION);
  if (call.count - 1 > op.parameters.size())
    throw BadArgument("argument", "takes at most " + std::to_string(op.parameters.size()) + " arguments, got " + std::to_string(call.count - 1));
  thread_local std::vector<c10::IValue> stack;
  // Emptied on every way out: a reference kept until the next call would keep memory.
  const struct Empty {
    std::vector<c10::IValue>& stack;
    ~Empty() { stack.clear(); }
  } empty{stack};
  for (size_t i = 0; i < op.parameters.size(); ++i) {
    const Parameter& parameter = op.parameters[i];
    napi_value value = i + 1 < call.count ? call.values[i + 1] : nullptr;
    if (!is_nullish(call.env, value)) {
      stack.push_back(convert(call, parameter, value));
    } else if (parameter.fallback) {
      stack.push_back(*parameter.fallback);
    } else if (parameter.optional) {
      stack.emplace_back();
    } else {
      throw BadArgument("argument", parameter.name + " is missing");
    }
  }
  op.handle->callBoxed(&stack);
  if (op.in_place || stack.empty()) return nullptr;
  napi_value result;
  if (stack.size() == 1) {
    result = give_back(call, stack[0]);
  } else {
    napi_create_array_with_length(call.env, stack.size(), &result);
    for (size_t i = 0; i < stack.size(); ++i) napi_set_element(call.env, result, i, give_back(call, stack[i]));
  }
  return result;
}

}  // namespace

void define_calls(Env& self, napi_value exports) {
  define(self, exports, "bindOperators", gate<bind_operators>);
  define(self, exports, "call", gate<call_operator>);
}

}  // namespace collm
