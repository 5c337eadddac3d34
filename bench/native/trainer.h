// A training pass as the bare loop takes it: forward, loss and backward per micro-batch, clip, AdamW.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model.h"

// What the loss is taken of, in rows of `batch` sequences of `length` tokens.
//   all        cross entropy of every next token
//   responses  cross entropy of the second half of every turn: what an actor learns
//   value      squared error of one value at the end of every turn: what a critic learns
struct TrainingShape {
  std::string loss = "all";
  int64_t batch = 8, length = 128;
  int64_t turns = 1;       // equal parts of a row
  int64_t microBatch = 8;  // most rows of one forward and backward
  bool masters = false;    // the optimiser updates f32 copies of bf16 weights
};

class Trainer {
 public:
  Trainer(const ModelConfig& config, const TrainingShape& shape, torch::TensorOptions options);

  void step();    // one optimiser step on all rows
  void warmUp();  // one on a micro-batch, in which the optimiser's state is made and `activationBytes` measured

  double loss() const { return loss_; }
  int64_t parameterCount() const { return model_.parameterCount(); }
  // What a micro-batch adds to the resident memory at its peak, beside weights, gradients and optimiser state.
  long activationBytes() const { return activationBytes_; }

 private:
  void accumulate(int64_t firstRow, int64_t rows);  // forward and backward
  torch::Tensor lossOf(const torch::Tensor& tokens) const;
  void update();

  TrainingShape shape_;
  Model model_;
  torch::Tensor batch_;      // [batch, length + 1]
  torch::Tensor places_;     // within a row, where the loss looks
  torch::Tensor valueHead_;  // f32 [1, hidden], for `value`
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> updated_;  // the parameters, or f32 copies of them
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  double loss_ = 0;
  long activationBytes_ = 0;
};
