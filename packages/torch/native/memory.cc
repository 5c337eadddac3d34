// What is alive, and the guard in front of libtorch's CPU allocator. Linux promises more memory than
// it has and kills the process that then touches it; the guard turns that into an error beforehand.
#include "env.h"

#include <c10/core/CPUAllocator.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <unordered_set>

namespace collm {
namespace {

// Below this an allocation is not worth reading the system's files for.
constexpr size_t kChecked = size_t{64} << 20;
// Left for everything that is no tensor.
constexpr double kReserve = 128.0 * 1024 * 1024;

std::atomic<size_t> limit{std::numeric_limits<size_t>::max()};
constexpr double kUnknown = std::numeric_limits<double>::infinity();

// The number behind `key` in a file of the system, or infinity when there is none ("max", no such file).
double read_number(const char* path, const std::string& key = "") {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    double value;
    if (line.compare(0, key.size(), key) == 0 && std::sscanf(line.c_str() + key.size(), " %lf", &value) == 1) return value;
  }
  return kUnknown;
}

// Bytes of the control group that are still free, page cache that it would give up included.
double free_in_group() {
  const std::string folder = "/sys/fs/cgroup/";
  const double most = read_number((folder + "memory.max").c_str()), used = read_number((folder + "memory.current").c_str());
  const double cache = read_number((folder + "memory.stat").c_str(), "inactive_file");
  return most < kUnknown && used < kUnknown ? most - used + (cache < kUnknown ? cache : 0) : kUnknown;
}

double available_bytes() {
  double free = read_number("/proc/meminfo", "MemAvailable:") * 1024;
  if (free == kUnknown) free = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return std::min(free, free_in_group());
}

std::string readable(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 1e9 ? "%.1f MB" : "%.1f GB", bytes < 1e9 ? bytes / 1e6 : bytes / 1e9);
  return text;
}

void refuse_impossible(size_t bytes) {
  const size_t most = limit.load(std::memory_order_relaxed);
  if (bytes > most)
    throw BadArgument("memory", "a tensor of " + readable(bytes) + " is over the limit of " + readable(most) + " set by limitTensorBytes()");
  if (bytes < kChecked) return;
  const double free = available_bytes() - kReserve;
  if (static_cast<double>(bytes) > free)
    throw BadArgument("memory", "a tensor of " + readable(bytes) + " does not fit: " + readable(std::max(free, 0.0)) + " of memory are free");
}

// Hands everything to the allocator that was there before.
class Guard final : public c10::Allocator {
 public:
  explicit Guard(c10::Allocator* inner) : inner_(inner) {}
  // Without `override`: libtorch before 2.3 has the const one, later ones the other, and only from
  // 2.1 on there is copy_data.
  c10::DataPtr allocate(size_t bytes) const { return guarded(bytes); }
  c10::DataPtr allocate(size_t bytes) { return guarded(bytes); }
  void copy_data(void* target, const void* source, size_t count) const { std::memcpy(target, source, count); }
  c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }

 private:
  c10::DataPtr guarded(size_t bytes) const {
    refuse_impossible(bytes);
    return inner_->allocate(bytes);
  }
  c10::Allocator* inner_;
};

// limitTensorBytes(bytes): no CPU tensor larger than this is made any more, on any thread.
napi_value limit_tensor_bytes(Call& call) {
  const double bytes = call.number(0);
  if (!(bytes > 0)) throw BadArgument("argument", "the limit must be a positive number of bytes");
  limit = bytes < 1e18 ? static_cast<size_t>(bytes) : std::numeric_limits<size_t>::max();
  return nullptr;
}

// memory(): [live tensors, bytes of their distinct storages]
napi_value memory(Call& call) {
  std::unordered_set<const void*> seen;
  int64_t bytes = 0;
  call.self.tensors.each([&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.has_storage() && seen.insert(tensor.storage().unsafeGetStorageImpl()).second)
      bytes += static_cast<int64_t>(tensor.storage().nbytes());
  });
  return call.list({static_cast<int64_t>(call.self.tensors.live()), bytes});
}

}  // namespace

void guard_allocations() {
  // Once per process, whose whole life it serves.
  static const bool once = (c10::SetCPUAllocator(new Guard(c10::GetCPUAllocator())), true);
  (void)once;
}

void define_memory(Env& self, napi_value exports) {
  define(self, exports, "memory", gate<memory>);
  define(self, exports, "limitTensorBytes", gate<limit_tensor_bytes>);
}

}  // namespace collm
