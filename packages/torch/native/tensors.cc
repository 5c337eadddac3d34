// Tensors in and out: creation from typed arrays and mapped files, reading, shape, release.
#include "env.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ne.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace collm {
namespace {

// Bytes of a shape; refuses negative sizes and products past what memory can address.
int64_t bytes_of(const std::vector<int64_t>& shape, at::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && bytes > (std::numeric_limits<int64_t>::max() >> 8) / size))
      throw BadArgument("argument", "the shape has a negative or impossible size");
    bytes *= size;
  }
  return bytes;
}

// A bool tensor whose bytes are 0 or 1 only: kernels add them up to find where to write.
at::Tensor clean_flags(const at::Tensor& tensor) {
  return at::ne(at::from_blob(tensor.data_ptr(), tensor.sizes(), at::TensorOptions().dtype(at::kByte)), 0);
}

// create(typed array, shape, dtype): a CPU tensor holding a copy. Int32Array widens to i64.
napi_value create(Call& call) {
  // The shape first: a getter in it could detach the buffer behind the data.
  const auto shape = call.integers(1);
  const auto dtype = to_dtype(call.integer(2));
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(call.env, call.values[0], &type, &length, &data, nullptr, nullptr) != napi_ok || type > napi_biguint64_array)
    throw BadArgument("argument", "data must be a typed array");
  static const int64_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  const int64_t width = widths[type];
  const bool widen = type == napi_int32_array && dtype == at::kLong;
  const int64_t bytes = bytes_of(shape, dtype);
  const auto item = static_cast<int64_t>(c10::elementSize(dtype));
  if (!widen && width != item) throw BadArgument("argument", "the typed array's element size does not fit the dtype");
  if (bytes / item != static_cast<int64_t>(length))
    throw BadArgument("argument", "the shape asks for " + std::to_string(bytes / item) + " elements, the data has " + std::to_string(length));
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
  if (widen) {
    auto* target = tensor.data_ptr<int64_t>();
    for (size_t i = 0; i < length; ++i) target[i] = static_cast<const int32_t*>(data)[i];
  } else if (bytes > 0) {
    std::memcpy(tensor.data_ptr(), data, static_cast<size_t>(bytes));
  }
  if (dtype == at::kBool) tensor = clean_flags(tensor);
  return call.handle(std::move(tensor));
}

// read(tensor): an ArrayBuffer with a copy of the elements, row-major.
napi_value read(Call& call) {
  const at::Tensor& source = call.tensor(0);
  const size_t bytes = static_cast<size_t>(source.numel()) * source.element_size();
  if (bytes >= (size_t{1} << 32)) throw BadArgument("memory", "JavaScript holds at most 4 GB in one array: read the tensor in pieces, by narrow()");
  const at::Tensor tensor = source.detach().to(at::kCPU).contiguous();
  void* data = nullptr;
  size_t made = 0;
  napi_value global, constructor, buffer, length = call.value(static_cast<double>(bytes));
  // By JavaScript's own constructor: where memory is short it throws, while napi_create_arraybuffer ends the process.
  napi_get_global(call.env, &global);
  check(call.env, napi_get_named_property(call.env, global, "ArrayBuffer", &constructor), "read");
  check(call.env, napi_new_instance(call.env, constructor, 1, &length, &buffer), "read");
  if (napi_get_arraybuffer_info(call.env, buffer, &data, &made) != napi_ok || made < bytes) throw BadArgument("memory", "no buffer can be had");
  if (bytes > 0) std::memcpy(data, tensor.data_ptr(), bytes);
  return buffer;
}

// The file in memory, unmapped when the last tensor over it is gone.
std::shared_ptr<char> map_file(const std::string& path, int64_t& size) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block
  if (file < 0) throw BadArgument("file", path + ": " + std::strerror(errno));
  struct stat status {};
  fstat(file, &status);
  size = status.st_size;
  // Private and writable: an in-place operation copies the page instead of faulting or changing the file.
  void* data = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  const int error = errno;
  close(file);
  if (data == MAP_FAILED) throw BadArgument("file", path + " cannot be mapped: " + (size == 0 ? "it is empty" : std::strerror(error)));
  return {static_cast<char*>(data), [size](char* start) { munmap(start, static_cast<size_t>(size)); }};
}

// mapTensors(path, offsets, shapes, dtypes): tensors over the mapped file, without a copy where aligned.
napi_value map_tensors(Call& call) {
  int64_t size = 0;
  const auto mapping = map_file(call.text(0), size);
  const auto offsets = call.integers(1);
  const auto dtypes = call.integers(3);
  std::vector<at::Tensor> tensors;
  for (uint32_t i = 0; i < offsets.size(); ++i) {
    napi_value item;
    check(call.env, napi_get_element(call.env, call.values[2], i, &item), "shapes");
    const auto shape = to_integers(call.env, item, "shape");
    const auto dtype = to_dtype(i < dtypes.size() ? dtypes[i] : -1);
    const int64_t bytes = bytes_of(shape, dtype);
    if (offsets[i] < 0 || bytes > size - offsets[i])
      throw BadArgument("file", "tensor " + std::to_string(i) + " reaches past the end of the file");
    char* data = mapping.get() + offsets[i];
    const auto options = at::TensorOptions().dtype(dtype);
    if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(dtype) == 0) {
      tensors.push_back(at::from_blob(data, shape, [mapping](void*) {}, options));
    } else {
      tensors.push_back(at::empty(shape, options));
      if (bytes > 0) std::memcpy(tensors.back().data_ptr(), data, static_cast<size_t>(bytes));
    }
    if (dtype == at::kBool) tensors.back() = clean_flags(tensors.back());
  }
  return call.list(tensors.size(), [&](size_t i) { return call.handle(tensors[i]); });
}

napi_value shape(Call& call) { return call.list(call.tensor(0).sizes()); }
napi_value dtype(Call& call) { return call.value(static_cast<double>(call.tensor(0).scalar_type())); }
napi_value device(Call& call) { return call.text(call.tensor(0).device().str()); }

// describe(handle): dtype and shape for messages, e.g. "Float[2,3]"; undefined, not an error, for what is no tensor.
napi_value describe(Call& call) {
  double handle;
  const at::Tensor* tensor = napi_get_value_double(call.env, call.values[0], &handle) == napi_ok ? call.self.tensors.find(handle) : nullptr;
  if (tensor == nullptr) return nullptr;
  std::string text = std::string(c10::toString(tensor->scalar_type())) + "[";
  for (const int64_t size : tensor->sizes()) text.append(text.back() == '[' ? "" : ",").append(std::to_string(size));
  return call.text(text + "]");
}

// item(tensor): the only element as a number.
napi_value item(Call& call) {
  const c10::Scalar scalar = call.tensor(0).item();
  if (scalar.isBoolean()) return call.value(scalar.toBool() ? 1 : 0);
  return call.value(scalar.isIntegral(false) ? static_cast<double>(scalar.toLong()) : scalar.toDouble());
}

// free(handle): false when it was free already, which is no error.
napi_value release(Call& call) { return call.flag(call.self.tensors.drop(call.number(0))); }

// freeMany(Float64Array of handles, how many)
napi_value release_many(Call& call) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(call.env, call.values[0], &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_float64_array)
    throw BadArgument("argument", "freeMany takes a Float64Array");
  const auto count = std::min<int64_t>(static_cast<int64_t>(length), call.integer(1));
  for (int64_t i = 0; i < count; ++i) call.self.tensors.drop(static_cast<const double*>(data)[i]);
  return nullptr;
}

}  // namespace

void define_tensors(Env& self, napi_value exports) {
  define(self, exports, "create", gate<create>);
  define(self, exports, "read", gate<read>);
  define(self, exports, "mapTensors", gate<map_tensors>);
  define(self, exports, "shape", gate<shape>);
  define(self, exports, "dtype", gate<dtype>);
  define(self, exports, "device", gate<device>);
  define(self, exports, "describe", gate<describe>);
  define(self, exports, "item", gate<item>);
  define(self, exports, "free", gate<release>);
  define(self, exports, "freeMany", gate<release_many>);
}

}  // namespace collm
