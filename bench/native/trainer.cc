#include "trainer.h"

#include <algorithm>
#include <stdexcept>

#include "memory.h"

using torch::Tensor;

namespace {

std::vector<int64_t> placesOf(const TrainingShape& shape) {
  std::vector<int64_t> places;
  const int64_t turn = shape.length / shape.turns;
  if (shape.loss == "value") {
    for (int64_t end = turn; end <= shape.length; end += turn) places.push_back(end - 1);
  } else if (shape.loss == "responses") {
    for (int64_t i = 0; i + 1 < shape.length; ++i)
      if ((i + 1) % turn >= turn / 2) places.push_back(i);  // the token after it is one of the second half
  } else if (shape.loss == "all") {
    for (int64_t i = 0; i < shape.length; ++i) places.push_back(i);
  } else {
    throw std::invalid_argument("--loss is '" + shape.loss + "'; it must be responses, value or all");
  }
  return places;
}

}  // namespace

Trainer::Trainer(const ModelConfig& config, const TrainingShape& shape, torch::TensorOptions options)
    : shape_(shape), model_(config, shape.length, options) {
  const auto integers = options.dtype(torch::kInt64);
  batch_ = torch::randint(config.vocab, {shape.batch, shape.length + 1}, integers);
  places_ = torch::tensor(placesOf(shape), integers);
  model_.requireGrad();
  parameters_ = model_.parameters();
  if (shape.loss == "value") {
    valueHead_ = torch::zeros({1, config.hidden}, options.dtype(torch::kFloat32)).set_requires_grad(true);
    parameters_.push_back(valueHead_);
  }
  for (const auto& p : parameters_) updated_.push_back(shape.masters ? p.detach().to(torch::kFloat32) : p);
  optimizer_ = std::make_unique<torch::optim::AdamW>(updated_, torch::optim::AdamWOptions(1e-4).weight_decay(0.01));
}

void Trainer::warmUp() {
  accumulate(0, 1);
  update();
  accumulate(0, 1);  // now all gradients and moments are there
  returnFreed();
  restartPeak();
  const long before = residentBytes();
  accumulate(0, std::min(shape_.microBatch, shape_.batch));
  activationBytes_ = peakBytes() - before;
  update();
}

void Trainer::step() {
  double loss = 0;
  for (int64_t row = 0; row < shape_.batch; row += shape_.microBatch) {
    accumulate(row, std::min(shape_.microBatch, shape_.batch - row));
    loss += loss_;
  }
  loss_ = loss;
  update();
}

// Each micro-batch adds its share of the mean over all rows.
void Trainer::accumulate(int64_t firstRow, int64_t rows) {
  const auto loss = lossOf(batch_.narrow(0, firstRow, rows)) * (static_cast<double>(rows) / shape_.batch);
  loss.backward();
  loss_ = loss.item<double>();
}

Tensor Trainer::lossOf(const Tensor& tokens) const {
  auto hidden = model_.forward(tokens.narrow(1, 0, shape_.length));
  if (places_.size(0) < shape_.length) hidden = hidden.index_select(1, places_);
  if (shape_.loss == "value") {
    const auto values = torch::linear(hidden.to(torch::kFloat32), valueHead_);
    return (values - 1).square().mean();
  }
  const auto logits = model_.logits(hidden).view({-1, model_.config.vocab});
  const auto targets = tokens.index_select(1, places_ + 1).reshape({-1});
  return torch::nll_loss(torch::log_softmax(logits, -1, torch::kFloat32), targets);
}

void Trainer::update() {
  torch::nn::utils::clip_grad_norm_(parameters_, 1.0);
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (!updated_[i].is_same(parameters_[i])) updated_[i].mutable_grad() = parameters_[i].grad().to(torch::kFloat32);
  optimizer_->step();
  const torch::NoGradGuard noGrad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!updated_[i].is_same(parameters_[i])) parameters_[i].copy_(updated_[i]);
    parameters_[i].mutable_grad().reset();
    updated_[i].mutable_grad().reset();
  }
}
