// Generators, threads, versions, devices, CUDA graphs.
#include "env.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#ifdef COLLM_CUDA
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
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

napi_value generator_state(Call& call) { return call.handle(to_generator(call.self, call.values[0], "argument").get_state()); }

napi_value set_generator_state(Call& call) {
  to_generator(call.self, call.values[0], "argument").set_state(call.tensor(1));
  return nullptr;
}

napi_value set_num_threads(Call& call) {
  const int64_t count = call.integer(0);
  if (count < 1 || count > 4096) throw BadArgument("argument", "the number of threads must be 1 to 4096");
  at::get_num_threads();  // a thread takes the process's number at its first use: not after it was given its own
  at::set_num_threads(static_cast<int>(count));
  return nullptr;
}

napi_value num_threads(Call& call) { return call.value(at::get_num_threads()); }
napi_value version(Call& call) { return call.text(TORCH_VERSION); }
napi_value build_config(Call& call) { return call.text(at::show_config()); }
napi_value parallel_info(Call& call) { return call.text(at::get_parallel_info()); }
napi_value cuda_devices(Call& call) { return call.value(torch::cuda::is_available() ? static_cast<double>(torch::cuda::device_count()) : 0); }

napi_value synchronize(Call& call) {
  if (torch::cuda::is_available()) torch::cuda::synchronize();
  return nullptr;
}

#ifdef COLLM_CUDA
// cudaInfo(index): [name, total bytes, allocated bytes, reserved bytes, peak allocated bytes], or null without CUDA
napi_value cuda_info(Call& call) {
  const auto index = call.integer(0);
  if (index < 0 || index >= static_cast<int64_t>(torch::cuda::device_count())) throw BadArgument("argument", "no such CUDA device");
  cudaDeviceProp properties;
  C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, static_cast<int>(index)));
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(index));
  const double figures[] = {static_cast<double>(properties.totalGlobalMem), static_cast<double>(stats.allocated_bytes[0].current),
                            static_cast<double>(stats.reserved_bytes[0].current), static_cast<double>(stats.allocated_bytes[0].peak)};
  return call.list(5, [&](size_t i) { return i == 0 ? call.text(properties.name) : call.value(figures[i - 1]); });
}

struct Graph {
  std::unique_ptr<c10::cuda::CUDAStreamGuard> side;  // while it is recorded; leads back to the stream before
  at::cuda::CUDAGraph graph;
};

// beginGraph("cuda:<index>"): from now on this thread's work there is recorded instead of done. Answers the graph's number.
napi_value begin_graph(Call& call) {
  // One stream for all recordings of a thread: BLAS keeps a workspace for every stream that it has seen.
  thread_local c10::optional<c10::cuda::CUDAStream> stream;
  const c10::Device device = to_device(call.text(0));
  if (!stream || stream->device() != device) stream = c10::cuda::getStreamFromPool(false, device.index());
  torch::cuda::synchronize(device.index());
  auto recording = std::make_shared<Graph>();
  recording->side = std::make_unique<c10::cuda::CUDAStreamGuard>(*stream);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR > 0)
  recording->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);  // other threads may go on meanwhile
#else
  recording->graph.capture_begin();
#endif
  call.self.graphs[++call.self.last_graph] = std::move(recording);
  return call.value(static_cast<double>(call.self.last_graph));
}

Graph& to_graph(Call& call) {
  const auto found = call.self.graphs.find(call.integer(0));
  if (found == call.self.graphs.end()) throw BadArgument("handle", "no live CUDA graph of this thread");
  return *static_cast<Graph*>(found->second.get());
}

napi_value end_graph(Call& call) {
  const auto side = std::move(to_graph(call).side);
  return to_graph(call).graph.capture_end(), nullptr;
}

napi_value replay_graph(Call& call) { return to_graph(call).graph.replay(), nullptr; }

napi_value free_graph(Call& call) {
  torch::cuda::synchronize();  // it may be running
  return call.self.graphs.erase(call.integer(0)), nullptr;
}
#else
napi_value cuda_info(Call& call) { return call.null(); }
napi_value begin_graph(Call&) { throw BadArgument("missing", "CUDA graphs need a build with CUDA"); }
constexpr auto end_graph = begin_graph, replay_graph = begin_graph, free_graph = begin_graph;
#endif

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
  define(self, exports, "beginGraph", gate<begin_graph>);
  define(self, exports, "endGraph", gate<end_graph>);
  define(self, exports, "replayGraph", gate<replay_graph>);
  define(self, exports, "freeGraph", gate<free_graph>);
}

}  // namespace collm
