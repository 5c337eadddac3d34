// The generic operator call: JavaScript values in, ATen's boxed dispatcher, JavaScript values out.
// Arguments are converted by the types and filled by the defaults of the registered schema.
#include "env.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>

#include <atomic>
#include <mutex>

namespace collm {
namespace {

enum class Kind { tensor, tensors, optional_tensors, integer, integers, real, boolean, scalar, dtype, hidden, device, generator, text, other };

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
  Check check = nullptr;
};

Kind kind_of(const c10::TypePtr& type) {
  using K = c10::TypeKind;
  switch (type->kind()) {
    case K::TensorType: return Kind::tensor;
    case K::IntType: case K::SymIntType: return Kind::integer;
    case K::ScalarTypeType: return Kind::dtype;
    case K::LayoutType: case K::MemoryFormatType: return Kind::hidden;
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
      return Kind::other;
    }
    default: return Kind::other;
  }
}

Parameter parameter_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.real_type();  // type() calls a dtype or a layout an int
  bool optional = false;
  if (type->kind() == c10::TypeKind::OptionalType) {
    optional = true;
    type = type->castRaw<c10::OptionalType>()->getElementType();
  }
  return {kind_of(type), optional, argument.name(), argument.default_value()};
}

// The table of TypeScript's ops.ts, in its order. Shared by all threads; bound once, then only read.
// Never destroyed: threads may be computing while the process exits.
std::atomic<const std::vector<Operator>*> operators{nullptr};
std::mutex operators_mutex;

Operator look_up(const std::string& name) {
  const size_t dot = name.find('.');
  Operator op{name, c10::Dispatcher::singleton().findSchema({name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1)}), {}};
  if (!op.handle) return op;
  for (const auto& argument : op.handle->schema().arguments()) op.parameters.push_back(parameter_of(argument));
  const auto& returns = op.handle->schema().returns();
  op.in_place = !returns.empty() && returns[0].alias_info() != nullptr && returns[0].alias_info()->isWrite();
  op.check = check_of(name);
  return op;
}

// bindOperators(names): registers the table; answers the schema registered here for each (or null).
napi_value bind_operators(Call& call) {
  std::vector<std::string> names;
  each_element(call.env, call.values[0], "the operator table", [&](napi_value item) { names.push_back(to_text(call.env, item, "operator name")); });
  const std::lock_guard<std::mutex> lock(operators_mutex);
  const std::vector<Operator>* table = operators.load();
  if (table == nullptr) {
    auto made = std::make_unique<std::vector<Operator>>();
    for (const auto& name : names) made->push_back(look_up(name));
    operators = table = made.release();
  }
  const auto matches = [](const Operator& op, const std::string& name) { return op.name == name; };
  if (!std::equal(table->begin(), table->end(), names.begin(), names.end(), matches)) throw BadArgument("argument", "another operator table is already bound");
  return call.list(names.size(), [&](size_t i) {
    const Operator& op = (*table)[i];
    return op.handle ? call.text(c10::toString(op.handle->schema())) : call.null();
  });
}

// Handed to the stack by value: an element's getter may run JavaScript that frees what is referred to.
c10::IValue convert(Call& call, const Parameter& parameter, napi_value value) {
  const char* what = parameter.name.c_str();
  switch (parameter.kind) {
    case Kind::tensor: return to_tensor(call.self, value, what);
    case Kind::integer: return to_integer(call.env, value, what);
    case Kind::integers: return to_integers(call.env, value, what);
    case Kind::real: return to_number(call.env, value, what);
    case Kind::scalar: return to_scalar(call.env, value, what);
    case Kind::text: return to_text(call.env, value, what);
    case Kind::dtype: return static_cast<int64_t>(to_dtype(to_integer(call.env, value, what)));
    case Kind::device: return to_device(to_text(call.env, value, what));
    case Kind::boolean: return to_boolean(call.env, value, what);
    case Kind::generator: return to_generator(call.self, value, what);
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
    case Kind::hidden: case Kind::other: break;  // nothing here expects sparse tensors
  }
  throw BadArgument("argument", std::string(what) + " cannot be set here");
}

napi_value give_back(Call& call, const c10::IValue& value) {
  if (value.isTensor()) return value.toTensor().defined() ? call.handle(value.toTensor()) : call.null();
  if (value.isBool()) return call.flag(value.toBool());
  if (value.isInt()) return call.value(static_cast<double>(value.toInt()));
  if (value.isDouble()) return call.value(value.toDouble());
  if (!value.isList()) return nullptr;
  const auto list = value.toListRef();
  return call.list(list.size(), [&](size_t i) { return give_back(call, list[i]); });
}

// The environment's spare stack, or a new one while a getter in an argument makes a call of its own.
// Emptied on every way out: a reference kept until the next call would keep memory.
struct Borrowed {
  explicit Borrowed(Env& self) : self(self) { stack.swap(self.stack); }
  ~Borrowed() {
    stack.clear();
    stack.swap(self.stack);
  }
  Env& self;
  Stack stack;
};

// call(operator index, ...arguments in schema order; undefined stands for the schema's default)
napi_value call_operator(Call& call) {
  const int64_t index = call.integer(0);
  const std::vector<Operator>* table = operators.load(std::memory_order_acquire);
  if (table == nullptr || index < 0 || static_cast<size_t>(index) >= table->size()) throw BadArgument("argument", "no operator has this index");
  const Operator& op = (*table)[index];
  call.op = op.name.c_str();
  if (!op.handle) throw BadArgument("missing", "this operator is not in libtorch " TORCH_VERSION);
  // An older libtorch may lack the last optional parameters: not giving them is fine.
  for (size_t i = op.parameters.size() + 1; i < call.count; ++i)
    if (i >= kMaxArguments || call.given(i)) throw BadArgument("argument", "takes at most " + std::to_string(op.parameters.size()) + " arguments");
  Borrowed borrowed(call.self);
  Stack& stack = borrowed.stack;
  for (size_t i = 0; i < op.parameters.size(); ++i) {
    const Parameter& parameter = op.parameters[i];
    if (i + 1 < call.count && !is_nullish(call.env, call.values[i + 1])) {
      stack.push_back(convert(call, parameter, call.values[i + 1]));
    } else if (parameter.fallback) {
      stack.push_back(*parameter.fallback);
    } else if (parameter.optional) {
      stack.emplace_back();
    } else {
      throw BadArgument("argument", parameter.name + " is missing");
    }
  }
  if (op.check != nullptr) op.check(stack);
  op.handle->callBoxed(&stack);
  if (op.in_place || stack.empty()) return nullptr;
  if (stack.size() == 1) return give_back(call, stack[0]);
  return call.list(stack.size(), [&](size_t i) { return give_back(call, stack[i]); });
}

}  // namespace

void define_calls(Env& self, napi_value exports) {
  define(self, exports, "bindOperators", gate<bind_operators>);
  define(self, exports, "call", gate<call_operator>);
}

}  // namespace collm
