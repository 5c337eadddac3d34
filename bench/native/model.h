// A Qwen3-style decoder in plain libtorch: what a competent C++ user would write, without custom kernels.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

struct ModelConfig {
  int64_t layers, hidden, heads, kvHeads, headDim, mlp, vocab;
  double ropeTheta = 1e6;
  double eps = 1e-6;

  static ModelConfig named(const std::string& name);  // "4m" or "100m"
};

// Keys and values of all layers, allocated once for `maxLength` positions.
struct KVCache {
  std::vector<torch::Tensor> keys, values;  // per layer [batch, kvHeads, maxLength, headDim]
  int64_t length = 0;                       // positions already filled

  KVCache(const ModelConfig& config, int64_t batch, int64_t maxLength, torch::TensorOptions options);
};

class Model {
 public:
  // Weights are N(0, 0.02) and norms are 1; the caller seeds the generator.
  Model(const ModelConfig& config, int64_t maxLength, torch::TensorOptions options);

  // tokens [batch, time] -> hidden states [batch, time, hidden] after the last norm.
  // With a cache, the tokens continue it and their keys and values are written into it. All rows have equal length.
  torch::Tensor forward(const torch::Tensor& tokens, KVCache* cache = nullptr) const;

  // hidden [..., hidden] -> logits [..., vocab], with the embedding as head.
  torch::Tensor logits(const torch::Tensor& hidden) const;

  std::vector<torch::Tensor> parameters() const;
  int64_t parameterCount() const;
  void requireGrad();

  const ModelConfig config;

 private:
  struct Layer {
    torch::Tensor inputNorm, q, k, v, qNorm, kNorm, o, mlpNorm, gate, up, down;
  };

  torch::Tensor attention(const Layer& layer, const torch::Tensor& x, const torch::Tensor& cos,
                          const torch::Tensor& sin, KVCache* cache, size_t index) const;

  torch::Tensor embedding_, norm_;
  std::vector<Layer> layers_;
  torch::Tensor cos_, sin_;    // [maxLength, headDim]
  torch::Tensor causalMask_;   // [maxLength, maxLength], true where a query must not look
};
