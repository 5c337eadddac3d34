// Tensors in and out: creation from typed arrays and mapped files, reading, shape, release.
#include "env.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <unordered_set>

namespace collm {
namespace {

at::ScalarType to_dtype(int64_t code) {
  if (code < 0 || code >= static_cast<int64_t>(at::ScalarType::NumOptions)) throw BadArgument("argument", "no dtype has this code");
  return static_cast<at::ScalarType>(code);
}

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

// create(typed array, shape, dtype): a CPU tensor holding a copy. Int32Array widens to i64.
napi_value create(Call& call) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(call.env, call.values[0], &type, &length, &data, nullptr, nullptr) != napi_ok)
    throw BadArgument("argument", "data must be a typed array");
  const auto shape = call.integers(1);
  const auto dtype = to_dtype(call.integer(2));
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
  return call.handle(std::move(tensor));
}

// read(tensor): an ArrayBuffer with a copy of the elements, row-major.
napi_value read(Call& call) {
  const at::Tensor tensor = call.tensor(0).detach().to(at::kCPU).contiguous();
  const size_t bytes = static_cast<size_t>(tensor.numel()) * tensor.element_size();
  void* data;
  napi_value buffer;
  check(call.env, napi_create_arraybuffer(call.env, bytes, &data, &buffer), "read");
  if (bytes > 0) std::memcpy(data, tensor.data_ptr(), bytes);
  return buffer;
}

struct Mapping {
  void* data = nullptr;
  size_t size = 0;
  ~Mapping() {
    if (data != nullptr) munmap(data, size);
  }
};

std::shared_ptr<Mapping> map_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw BadArgument("file", path + ": " + std::strerror(errno));
  struct stat status {};
  auto mapping = std::make_shared<Mapping>();
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    // Private and writable: an in-place operation copies the page instead of faulting or changing the file.
    void* data = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (data != MAP_FAILED) {
      mapping->data = data;
      mapping->size = static_cast<size_t>(status.st_size);
    }
  }
  const int error = errno;
  close(file);
  if (mapping->data == nullptr) throw BadArgument("file", path + " cannot be mapped: " + (status.st_size == 0 ? "it is empty" : std::strerror(error)));
  return mapping;
}

// mapTensors(path, offsets, shapes, dtypes): tensors over the mapped file, without a copy where aligned.
napi_value map_tensors(Call& call) {
  const auto mapping = map_file(call.text(0));
  const auto offsets = call.integers(1);
  const auto dtypes = call.integers(3);
  napi_value result;
  napi_create_array_with_length(call.env, offsets.size(), &result);
  std::vector<at::Tensor> tensors;
  for (uint32_t i = 0; i < offsets.size(); ++i) {
    napi_value item;
    check(call.env, napi_get_element(call.env, call.values[2], i, &item), "shapes");
    const auto shape = to_integers(call.env, item, "shape");
    const auto dtype = to_dtype(i < dtypes.size() ? dtypes[i] : -1);
    const int64_t bytes = bytes_of(shape, dtype);
    if (offsets[i] < 0 || bytes > static_cast<int64_t>(mapping->size) - offsets[i])
      throw BadArgument("file", "tensor " + std::to_string(i) + " reaches past the end of the file");
    char* data = static_cast<char*>(mapping->data) + offsets[i];
    const auto options = at::TensorOptions().dtype(dtype);
    if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(dtype) == 0) {
      tensors.push_back(at::from_blob(data, shape, [mapping](void*) {}, options));
    } else {
      tensors.push_back(at::empty(shape, options));
      if (bytes > 0) std::memcpy(tensors.back().data_ptr(), data, static_cast<size_t>(bytes));
    }
  }
  for (uint32_t i = 0; i < tensors.size(); ++i) napi_set_element(call.env, result, i, call.handle(tensors[i]));
  return result;
}

napi_value shape(Call& call) {
  const auto sizes = call.tensor(0).sizes();
  napi_value result;
  napi_create_array_with_length(call.env, sizes.size(), &result);
  for (uint32_t i = 0; i < sizes.size(); ++i) napi_set_element(call.env, result, i, call.value(static_cast<double>(sizes[i])));
  return result;
}

napi_value dtype(Call& call) { return call.value(static_cast<double>(call.tensor(0).scalar_type())); }

napi_value device(Call& call) {
  const std::string text = call.tensor(0).device().str();
  napi_value result;
  napi_create_string_utf8(call.env, text.data(), text.size(), &result);
  return result;
}

// item(tensor): the only element as a number.
napi_value item(Call& call) {
  const c10::Scalar scalar = call.tensor(0).item();
  if (scalar.isBoolean()) return call.value(scalar.toBool() ? 1 : 0);
  return call.value(scalar.isIntegral(false) ? static_cast<double>(scalar.toLong()) : scalar.toDouble());
}

// free(handle): false when it was free already, which is no error.
napi_value release(Call& call) {
  napi_value result;
  napi_get_boolean(call.env, call.self.tensors.drop(call.number(0)), &result);
  return result;
}

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

// memory(): [live tensors, bytes of their distinct storages]
napi_value memory(Call& call) {
  std::unordered_set<const void*> seen;
  double bytes = 0;
  call.self.tensors.each([&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.has_storage() && seen.insert(tensor.storage().unsafeGetStorageImpl()).second)
      bytes += static_cast<double>(tensor.storage().nbytes());
  });
  napi_value result;
  napi_create_array_with_length(call.env, 2, &result);
  napi_set_element(call.env, result, 0, call.value(static_cast<double>(call.self.tensors.live())));
  napi_set_element(call.env, result, 1, call.value(bytes));
  return result;
}

}  // namespace

void define_tensors(Env& self, napi_value exports) {
  define(self, exports, "create", gate<create>);
  define(self, exports, "read", gate<read>);
  define(self, exports, "mapTensors", gate<map_tensors>);
  define(self, exports, "shape", gate<shape>);
  define(self, exports, "dtype", gate<dtype>);
  define(self, exports, "device", gate<device>);
  define(self, exports, "item", gate<item>);
  define(self, exports, "free", gate<release>);
  define(self, exports, "freeMany", gate<release_many>);
  define(self, exports, "memory", gate<memory>);
}

}  // namespace collm
