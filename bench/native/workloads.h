// The things measured: an operation, a matrix product, memory bandwidth, a training step, a decoding step, and the parts
// of an iteration: an agent's rollout, a model's training pass.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model.h"
#include "trainer.h"

struct Options {
  std::string what;            // op, matmul, bandwidth, train, decode, pass, rollout
  std::string model = "4m";    // 4m, 100m
  std::string dtype = "f32";   // f32, bf16
  std::string device = "cpu";  // cpu, cuda
  int64_t batch = 8;
  int64_t steps = 10;
  int64_t warmup = 2;
  int64_t threads = 2;
  bool masters = false;  // train, pass: keep f32 copies of bf16 weights, which the optimiser updates
  int64_t turns = 1;     // rollout, pass
  int64_t length = 128;  // pass: tokens of a row
  int64_t microBatch = 8;           // pass: rows of one forward and backward
  std::string loss = "responses";   // pass: see TrainingShape
};

// One number per measured step, in `unit`; `extra` is more JSON members, each starting with a comma.
struct Result {
  std::vector<double> times;
  std::string unit = "ms";
  std::string extra;
  int64_t tokensPerStep = 0;
};

// Runs workloads and keeps what is expensive to build (models, optimiser states) from one command to the next.
class Bench {
 public:
  Bench();
  ~Bench();
  Result run(const Options& options);
  void drop();  // frees all kept models

 private:
  Result op(const Options& options);
  Result matmul(const Options& options);
  Result bandwidth(const Options& options);
  Result train(const Options& options);
  Result decode(const Options& options);
  Result pass(const Options& options);
  Result rollout(const Options& options);
  Trainer& trainerOf(const Options& options, const TrainingShape& shape);
  Model& decoderOf(const Options& options);

  std::map<std::string, std::unique_ptr<Trainer>> trainers_;
  std::map<std::string, std::unique_ptr<Model>> decoders_;
};
