#include "memory.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

long fromStatus(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(name + ':', 0) == 0) return std::stol(line.substr(name.size() + 1)) * 1024;
  return 0;
}

}  // namespace

long residentBytes() { return fromStatus("VmRSS"); }

// Linux's getrusage would count what the parent had before exec.
long peakBytes() {
  if (const long peak = fromStatus("VmHWM")) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

void restartPeak() { std::ofstream("/proc/self/clear_refs") << '5'; }

void returnFreed() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
