// collm-bench: the bare C++ libtorch program that CoLLM's own numbers are divided by.
//
//   collm-bench <op|matmul|bandwidth|train|decode|pass|rollout> [--model 4m|100m] [--dtype f32|bf16] [--batch N]
//               [--steps N] [--warmup N] [--threads N] [--device cpu|cuda] [--masters 0|1] [--turns N] [--length N]
//               [--micro-batch N] [--loss responses|value|all]
//   collm-bench --serve    reads such a line per command from standard input, and keeps models between commands;
//                          `drop` frees them, `quit` or end of input ends. A failed command answers {"error": …}.
//
// Every command prints one line of JSON.

#include <algorithm>
#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "memory.h"
#include "workloads.h"

namespace {

Options parse(const std::vector<std::string>& words) {
  if (words.empty()) throw std::invalid_argument("give a workload: op, matmul, bandwidth, train, decode, pass or rollout");
  Options o;
  o.what = words[0];
  for (size_t i = 1; i < words.size(); i += 2) {
    const auto& name = words[i];
    if (i + 1 == words.size()) throw std::invalid_argument(name + " has no value");
    const auto& value = words[i + 1];
    const auto number = [&](int64_t least) {
      size_t used = 0;
      const int64_t parsed = std::isdigit(static_cast<unsigned char>(value[0])) ? std::stoll(value, &used) : -1;
      if (used != value.size() || parsed < least) {
        throw std::invalid_argument(name + " is '" + value + "'; it must be a whole number from " +
                                    std::to_string(least));
      }
      return parsed;
    };
    if (name == "--model") o.model = value;
    else if (name == "--dtype") o.dtype = value;
    else if (name == "--device") o.device = value;
    else if (name == "--loss") o.loss = value;
    else if (name == "--batch") o.batch = number(1);
    else if (name == "--steps") o.steps = number(1);
    else if (name == "--warmup") o.warmup = number(0);
    else if (name == "--threads") o.threads = number(1);
    else if (name == "--turns") o.turns = number(1);
    else if (name == "--length") o.length = number(1);
    else if (name == "--micro-batch") o.microBatch = number(1);
    else if (name == "--masters") o.masters = number(0) != 0;
    else throw std::invalid_argument("unknown option " + name);
  }
  return o;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

std::string json(const Options& o, const Result& r) {
  auto sorted = r.times;
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;

  std::ostringstream out;
  out << std::setprecision(6) << "{\"what\":" << quoted(o.what) << ",\"model\":" << quoted(o.model)
      << ",\"dtype\":" << quoted(o.dtype) << ",\"device\":" << quoted(o.device) << ",\"batch\":" << o.batch
      << ",\"threads\":" << at::get_num_threads() << ",\"torch\":" << quoted(TORCH_VERSION) << ",\"unit\":"
      << quoted(r.unit) << ",\"median\":" << median << ",\"min\":" << sorted.front() << ",\"times\":[";
  for (size_t i = 0; i < r.times.size(); ++i) out << (i ? "," : "") << r.times[i];
  out << ']' << r.extra;
  if (r.tokensPerStep) out << ",\"tokens_per_second\":" << 1e3 * static_cast<double>(r.tokensPerStep) / median;
  out << ",\"peak_rss_mb\":" << peakBytes() / 1024 / 1024 << '}';
  return out.str();
}

int serve(Bench& bench) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.empty()) continue;
    if (words[0] == "quit") break;
    try {
      if (words[0] == "drop") {
        bench.drop();
        std::cout << "{\"what\":\"drop\"}" << std::endl;
      } else {
        const auto options = parse(words);
        std::cout << json(options, bench.run(options)) << std::endl;
      }
    } catch (const c10::Error& error) {
      std::cout << "{\"error\":" << quoted(error.what_without_backtrace()) << '}' << std::endl;
    } catch (const std::exception& error) {
      std::cout << "{\"error\":" << quoted(error.what()) << '}' << std::endl;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  Bench bench;
  if (words.size() == 1 && words[0] == "--serve") return serve(bench);
  try {
    const auto options = parse(words);
    std::cout << json(options, bench.run(options)) << std::endl;
    return 0;
  } catch (const c10::Error& error) {
    std::cerr << "collm-bench: " << error.what_without_backtrace() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "collm-bench: " << error.what() << '\n';
  }
  return 1;
}
