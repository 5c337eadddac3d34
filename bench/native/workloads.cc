#include "workloads.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <sstream>
#include <stdexcept>

using torch::Tensor;

namespace {

constexpr int64_t kTrainTokens = 128;     // time per row of a training batch
constexpr int64_t kDecodePrompt = 32;     // prompt of a decoding run
constexpr int64_t kDecodePositions = 2048;
constexpr int64_t kTurnTokens = 64;       // observation of a turn, and response to it
constexpr int64_t kCallsPerRound = 20000;

torch::Device deviceOf(const Options& o) {
  if (o.device == "cuda" && !torch::cuda::is_available()) {
    throw std::invalid_argument("--device is cuda, but this libtorch sees no CUDA device; use cpu");
  }
  return torch::Device(o.device);
}

torch::TensorOptions optionsOf(const Options& o) {
  if (o.dtype != "f32" && o.dtype != "bf16") {
    throw std::invalid_argument("--dtype is '" + o.dtype + "'; the types are f32 and bf16");
  }
  return torch::TensorOptions(deviceOf(o)).dtype(o.dtype == "bf16" ? torch::kBFloat16 : torch::kFloat32);
}

// A call's time in seconds, with everything it queued on the device done.
double timed(const torch::Device& device, const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  if (device.is_cuda()) torch::cuda::synchronize();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<double> repeated(const Options& o, double unitsPerSecond, const std::function<void()>& step) {
  const auto device = deviceOf(o);
  for (int64_t i = 0; i < o.warmup; ++i) timed(device, step);
  std::vector<double> times;
  for (int64_t i = 0; i < o.steps; ++i) times.push_back(timed(device, step) * unitsPerSecond);
  return times;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

// Softmax in f32, cumulative sum, one uniform per row: the first token whose cumulative probability reaches it.
Tensor sample(const Tensor& logits) {                                            // [batch, vocab]
  const auto cumulative = torch::softmax(logits, -1, torch::kFloat32).cumsum(-1);
  const auto uniform = torch::rand({logits.size(0), 1}, cumulative.options());
  return (cumulative < uniform).sum(-1, /*keepdim=*/true).clamp_max(logits.size(1) - 1);  // [batch, 1]
}

}  // namespace

Bench::Bench() = default;
Bench::~Bench() = default;

void Bench::drop() {
  trainers_.clear();
  decoders_.clear();
}

Result Bench::run(const Options& o) {
  at::set_num_threads(static_cast<int>(o.threads));
  torch::manual_seed(0);
  if (o.what == "op") return op(o);
  if (o.what == "matmul") return matmul(o);
  if (o.what == "bandwidth") return bandwidth(o);
  if (o.what == "train") return train(o);
  if (o.what == "decode") return decode(o);
  if (o.what == "pass") return pass(o);
  if (o.what == "rollout") return rollout(o);
  throw std::invalid_argument("the workload is '" + o.what +
                              "'; it must be op, matmul, bandwidth, train, decode, pass or rollout");
}

// Small operations, typed and through the boxed dispatcher, each result freed before the next call.
Result Bench::op(const Options& o) {
  torch::NoGradGuard noGrad;
  const auto f32 = torch::TensorOptions(deviceOf(o));
  const auto a = torch::rand({8}, f32), b = torch::rand({8}, f32);
  const auto m = torch::rand({4, 4}, f32), n = torch::rand({4, 4}, f32);
  const auto boxed = [](const char* name, const char* overload, std::vector<c10::IValue> arguments) {
    const auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    return [handle, arguments] {
      torch::jit::Stack stack(arguments);
      handle.callBoxed(stack);
    };
  };
  const auto nanoseconds = [&](const auto& call) {
    return repeated(o, 1e9 / kCallsPerRound, [&] {
      for (int64_t i = 0; i < kCallsPerRound; ++i) call();
    });
  };

  Result result{nanoseconds([&] { at::add(a, b); }), "ns", "", 0};
  std::ostringstream extra;
  extra << ",\"ops\":{\"add\":" << median(result.times)
        << ",\"add_boxed\":" << median(nanoseconds(boxed("aten::add", "Tensor", {a, b, 1})))
        << ",\"mm\":" << median(nanoseconds([&] { at::mm(m, n); }))
        << ",\"mm_boxed\":" << median(nanoseconds(boxed("aten::mm", "", {m, n})))
        << ",\"softmax\":" << median(nanoseconds([&] { at::softmax(m, -1); }))
        << ",\"softmax_boxed\":" << median(nanoseconds(boxed("aten::softmax", "int", {m, -1, c10::IValue()}))) << '}';
  result.extra = extra.str();
  return result;
}

Result Bench::matmul(const Options& o) {
  torch::NoGradGuard noGrad;
  constexpr int64_t n = 1024;
  const auto a = torch::randn({n, n}, optionsOf(o)), b = torch::randn({n, n}, optionsOf(o));
  Result result{repeated(o, 1e3, [&] { at::mm(a, b); }), "ms", "", 0};
  result.extra = ",\"n\":1024,\"gflops\":" + std::to_string(2e-6 * n * n * n / median(result.times));
  return result;
}

// Reading memory that no cache holds: the sum of 512 MB.
Result Bench::bandwidth(const Options& o) {
  torch::NoGradGuard noGrad;
  constexpr int64_t bytes = int64_t{512} << 20;
  const auto a = torch::ones({bytes / 4}, torch::TensorOptions(deviceOf(o)));
  Result result{repeated(o, 1e3, [&] { a.sum(); }), "ms", "", 0};
  result.extra = ",\"gb_per_second\":" + std::to_string(1e-6 * bytes / median(result.times));
  return result;
}

Trainer& Bench::trainerOf(const Options& o, const TrainingShape& shape) {
  std::ostringstream key;
  key << o.model << ' ' << o.dtype << ' ' << o.device << ' ' << shape.loss << ' ' << shape.batch << ' ' << shape.length
      << ' ' << shape.turns << ' ' << shape.microBatch << ' ' << shape.masters;
  auto& trainer = trainers_[key.str()];
  if (!trainer) trainer = std::make_unique<Trainer>(ModelConfig::named(o.model), shape, optionsOf(o));
  return *trainer;
}

Result Bench::train(const Options& o) {
  auto& trainer = trainerOf(o, {"all", o.batch, kTrainTokens, 1, o.batch, o.masters});
  Result result{repeated(o, 1e3, [&] { trainer.step(); }), "ms", "", o.batch * kTrainTokens};
  result.extra = ",\"loss\":" + std::to_string(trainer.loss()) +
                 ",\"parameters\":" + std::to_string(trainer.parameterCount());
  return result;
}

// One training pass of an iteration: all rows in micro-batches, then one optimiser step.
Result Bench::pass(const Options& o) {
  auto& trainer = trainerOf(o, {o.loss, o.batch, o.length, o.turns, o.microBatch, o.masters});
  if (trainer.activationBytes() == 0) trainer.warmUp();
  Result result{repeated(o, 1e3, [&] { trainer.step(); }), "ms", "", o.batch * o.length};
  result.extra = ",\"loss\":" + std::to_string(trainer.loss()) +
                 ",\"parameters\":" + std::to_string(trainer.parameterCount()) +
                 ",\"activation_bytes\":" + std::to_string(trainer.activationBytes());
  return result;
}

Model& Bench::decoderOf(const Options& o) {
  auto& model = decoders_[o.model + ' ' + o.dtype + ' ' + o.device];
  if (!model) model = std::make_unique<Model>(ModelConfig::named(o.model), kDecodePositions, optionsOf(o));
  return *model;
}

// A fresh cache and prompt, then steps of one token per row. Each step brings its tokens to the host, as generation
// must in order to see a stop token.
Result Bench::decode(const Options& o) {
  const auto& model = decoderOf(o);
  const int64_t maxLength = kDecodePrompt + o.warmup + o.steps;
  if (maxLength > kDecodePositions) throw std::invalid_argument("--warmup and --steps together are too many");

  c10::InferenceMode inference;
  const auto device = deviceOf(o);
  KVCache cache(model.config, o.batch, maxLength, optionsOf(o));
  auto tokens = torch::randint(model.config.vocab, {o.batch, kDecodePrompt},
                               torch::TensorOptions(device).dtype(torch::kInt64));
  const auto advance = [&] {
    const auto last = model.forward(tokens, &cache).select(1, -1);  // [batch, hidden]
    tokens = sample(model.logits(last));
    tokens.to(torch::kCPU);
  };
  const double prefill = timed(device, advance) * 1e3;
  Result result{repeated(o, 1e3, advance), "ms", "", o.batch};
  result.extra = ",\"prefill_ms\":" + std::to_string(prefill) +
                 ",\"parameters\":" + std::to_string(model.parameterCount());
  return result;
}

// One agent's part of a rollout: a prompt and its response for each turn, in one cache. The last token of a response
// is computed with the next observation, as it was only sampled.
Result Bench::rollout(const Options& o) {
  const auto& model = decoderOf(o);
  const int64_t length = 2 * kTurnTokens * o.turns;
  if (length > kDecodePositions) throw std::invalid_argument("--turns are too many");

  c10::InferenceMode inference;
  const auto device = deviceOf(o);
  std::vector<double> prompts;
  const auto play = [&] {
    KVCache cache(model.config, o.batch, length, optionsOf(o));
    Tensor tokens;
    const auto advance = [&] {
      const auto last = model.forward(tokens, &cache).select(1, -1);  // [batch, hidden]
      tokens = sample(model.logits(last));
      tokens.to(torch::kCPU);
    };
    double prefill = 0;
    for (int64_t turn = 0; turn < o.turns; ++turn) {
      const auto seen = torch::randint(model.config.vocab, {o.batch, kTurnTokens},
                                       torch::TensorOptions(device).dtype(torch::kInt64));
      tokens = turn == 0 ? seen : torch::cat({tokens, seen}, 1);
      prefill += timed(device, advance);
      for (int64_t i = 1; i < kTurnTokens; ++i) advance();
    }
    prompts.push_back(prefill * 1e3);
  };
  Result result{repeated(o, 1e3, play), "ms", "", o.batch * kTurnTokens * o.turns};
  prompts.erase(prompts.begin(), prompts.begin() + o.warmup);
  result.extra = ",\"prompts_ms\":" + std::to_string(median(prompts));
  return result;
}
