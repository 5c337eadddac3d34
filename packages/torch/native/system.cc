// Generators, threads, versions, devices.
#include "env.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#ifdef COLLM_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace collm {
namespace {

// A training step allocates and frees the same large blocks again and again. glibc's defaults return
// them to the system each time, and much of a step goes into page faults; a second arena per thread
// doubles what is kept. Blocks above 32 MiB (the most that glibc allows here) stay mapped one by one.
void tune_allocator() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2147483647);
#endif
}

at::Generator& to_generator(Call& call) {
  if (at::Generator* generator = call.self.generators.find(call.number(0))) return *generator;
  throw BadArgument("handle", "no live generator of this thread");
}

// createGenerator(device, seed)
napi_value create_generator(Call& call) {
  const c10::Device device = to_device(call.text(0));
  const auto seed = static_cast<uint64_t>(call.integer(1));
  at::Generator generator;
  if (device.is_cpu()) {
    generator = at::detail::createCPUGenerator(seed);
#ifdef COLLM_CUDA
  } else if (device.is_cuda()) {
    generator = at::cuda::detail::createCUDAGenerator(device.index());
    generator.set_current_seed(seed);
#endif
  } else {
    throw BadArgument("argument", "no generator for device " + device.str() + " in this build");
  }
  return call.value(call.self.generators.put(std::move(generator)));
}

napi_value free_generator(Call& call) {
  call.self.generators.drop(call.number(0));
  return nullptr;
}

napi_value generator_state(Call& call) { return call.handle(to_generator(call).get_state()); }

napi_value set_generator_state(Call& call) {
  to_generator(call).set_state(call.tensor(1));
  return nullptr;
}

napi_value set_num_threads(Call& call) {
  const int64_t count = call.integer(0);
  if (count < 1 || count > 4096) throw BadArgument("argument", "the number of threads must be 1 to 4096");
  at::set_num_threads(static_cast<int>(count));
  return nullptr;
}

napi_value num_threads(Call& call) { return call.value(at::get_num_threads()); }
napi_value version(Call& call) { return text_value(call.env, TORCH_VERSION); }
napi_value build_config(Call& call) { return text_value(call.env, at::show_config()); }
napi_value parallel_info(Call& call) { return text_value(call.env, at::get_parallel_info()); }
napi_value cuda_devices(Call& call) { return call.value(torch::cuda::is_available() ? static_cast<double>(torch::cuda::device_count()) : 0); }

napi_value synchronize(Call& call) {
  if (torch::cuda::is_available()) torch::cuda::synchronize();
  return nullptr;
}

// cudaInfo(index): [name, total bytes, allocated bytes, reserved bytes, peak allocated bytes], or null without CUDA
napi_value cuda_info(Call& call) {
  napi_value result;
#ifdef COLLM_CUDA
  const auto index = call.integer(0);
  if (index < 0 || index >= static_cast<int64_t>(torch::cuda::device_count())) throw BadArgument("argument", "no such CUDA device");
  const auto* properties = at::cuda::getDeviceProperties(index);
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(index));
  napi_create_array_with_length(call.env, 5, &result);
  napi_set_element(call.env, result, 0, text_value(call.env, properties->name));
  napi_set_element(call.env, result, 1, call.value(static_cast<double>(properties->totalGlobalMem)));
  napi_set_element(call.env, result, 2, call.value(static_cast<double>(stats.allocated_bytes[0].current)));
  napi_set_element(call.env, result, 3, call.value(static_cast<double>(stats.reserved_bytes[0].current)));
  napi_set_element(call.env, result, 4, call.value(static_cast<double>(stats.allocated_bytes[0].peak)));
#else
  napi_get_null(call.env, &result);
#endif
  return result;
}

}  // namespace

void define_system(Env& self, napi_value exports) {
  tune_allocator();
  define(self, exports, "createGenerator", gate<create_generator>);
  define(self, exports, "freeGenerator", gate<free_generator>);
  define(self, exports, "generatorState", gate<generator_state>);
  define(self, exports, "setGeneratorState", gate<set_generator_state>);
  define(self, exports, "setNumThreads", gate<set_num_threads>);
  define(self, exports, "numThreads", gate<num_threads>);
  define(self, exports, "version", gate<version>);
  define(self, exports, "buildConfig", gate<build_config>);
  define(self, exports, "parallelInfo", gate<parallel_info>);
  define(self, exports, "cudaDevices", gate<cuda_devices>);
  define(self, exports, "cudaInfo", gate<cuda_info>);
  define(self, exports, "synchronize", gate<synchronize>);
}

}  // namespace collm
