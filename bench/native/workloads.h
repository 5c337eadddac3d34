// The things measured: an operation, a matrix product, memory bandwidth, a training step, a decoding step.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model.h"

struct Options {
  std::string what;            // op, matmul, bandwidth, train, decode
  std::string model = "4m";    // 4m, 100m
  std::string dtype = "f32";   // f32, bf16
  std::string device = "cpu";  // cpu, cuda
  int64_t batch = 8;
  int64_t steps = 10;
  int64_t warmup = 2;
  int64_t threads = 2;
  bool masters = false;  // train: keep f32 copies of bf16 weights, which the optimiser updates
};

// One number per measured step, in `unit`; `extra` is more JSON members, each starting with a comma.
struct Result {
  std::vector<double> times;
  std::string unit = "ms";
  std::string extra;
  int64_t tokensPerStep = 0;
};

class Trainer;

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

  std::map<std::string, std::unique_ptr<Trainer>> trainers_;
  std::map<std::string, std::unique_ptr<Model>> decoders_;
};
