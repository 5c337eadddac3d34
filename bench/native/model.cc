#include "model.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <tuple>

using torch::Tensor;

ModelConfig ModelConfig::named(const std::string& name) {
  if (name == "4m") return {4, 256, 4, 2, 64, 1024, 512};
  if (name == "100m") return {12, 768, 12, 4, 64, 2048, 32000};
  throw std::invalid_argument("--model is '" + name + "'; the models are 4m and 100m");
}

KVCache::KVCache(const ModelConfig& config, int64_t batch, int64_t maxLength, torch::TensorOptions options) {
  for (int64_t i = 0; i < config.layers; ++i) {
    keys.push_back(torch::empty({batch, config.kvHeads, maxLength, config.headDim}, options));
    values.push_back(torch::empty({batch, config.kvHeads, maxLength, config.headDim}, options));
  }
}

namespace {

Tensor rmsNorm(const Tensor& x, const Tensor& weight, double eps) {
  const auto wide = x.to(torch::kFloat32);  // no copy when x is f32
  const auto scale = torch::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps);
  return (wide * scale).to(x.scalar_type()) * weight;
}

// x [batch, heads, time, headDim]; cos, sin [time, headDim]
Tensor rotate(const Tensor& x, const Tensor& cos, const Tensor& sin) {
  const auto halves = x.chunk(2, -1);
  return x * cos + torch::cat({-halves[1], halves[0]}, -1) * sin;
}

}  // namespace

Model::Model(const ModelConfig& config, int64_t maxLength, torch::TensorOptions options) : config(config) {
  const auto weight = [&](int64_t out, int64_t in) { return torch::empty({out, in}, options).normal_(0, 0.02); };
  const auto ones = [&](int64_t size) { return torch::ones({size}, options); };
  const int64_t qSize = config.heads * config.headDim, kvSize = config.kvHeads * config.headDim;

  embedding_ = weight(config.vocab, config.hidden);
  for (int64_t i = 0; i < config.layers; ++i) {
    Layer layer;
    layer.inputNorm = ones(config.hidden);
    layer.q = weight(qSize, config.hidden);
    layer.k = weight(kvSize, config.hidden);
    layer.v = weight(kvSize, config.hidden);
    layer.qNorm = ones(config.headDim);
    layer.kNorm = ones(config.headDim);
    layer.o = weight(config.hidden, qSize);
    layer.mlpNorm = ones(config.hidden);
    layer.gate = weight(config.mlp, config.hidden);
    layer.up = weight(config.mlp, config.hidden);
    layer.down = weight(config.hidden, config.mlp);
    layers_.push_back(std::move(layer));
  }
  norm_ = ones(config.hidden);

  const auto wide = options.dtype(torch::kFloat32);
  const auto exponents = torch::arange(0, config.headDim, 2, wide) / static_cast<double>(config.headDim);
  const auto angles = torch::outer(torch::arange(maxLength, wide), torch::pow(config.ropeTheta, -exponents));
  const auto both = torch::cat({angles, angles}, -1);
  cos_ = both.cos().to(options.dtype());
  sin_ = both.sin().to(options.dtype());
  causalMask_ = torch::ones({maxLength, maxLength}, options.dtype(torch::kBool)).triu(1);
}

Tensor Model::attention(const Layer& layer, const Tensor& x, const Tensor& cos, const Tensor& sin, KVCache* cache,
                        size_t index) const {
  const int64_t batch = x.size(0), time = x.size(1), groups = config.heads / config.kvHeads;
  const auto split = [&](const Tensor& t, int64_t heads) { return t.view({batch, time, heads, config.headDim}); };

  auto q = rmsNorm(split(torch::linear(x, layer.q), config.heads), layer.qNorm, config.eps).transpose(1, 2);
  auto k = rmsNorm(split(torch::linear(x, layer.k), config.kvHeads), layer.kNorm, config.eps).transpose(1, 2);
  auto v = split(torch::linear(x, layer.v), config.kvHeads).transpose(1, 2);
  q = rotate(q, cos, sin);
  k = rotate(k, cos, sin);

  const int64_t start = cache ? cache->length : 0, end = start + time;
  if (cache) {
    cache->keys[index].narrow(2, start, time).copy_(k);
    cache->values[index].narrow(2, start, time).copy_(v);
    k = cache->keys[index].narrow(2, 0, end);
    v = cache->values[index].narrow(2, 0, end);
  }

  // The heads that share a key-value head become more queries of that head, so keys and values are never expanded.
  const auto grouped = q.reshape({batch, config.kvHeads, groups * time, config.headDim});
  Tensor out;
#if TORCH_VERSION_MAJOR >= 2
  if (time == 1) {
    out = torch::scaled_dot_product_attention(grouped, k, v);
  } else {
    const auto expand = [&](const Tensor& t) { return t.repeat_interleave(groups, /*dim=*/1); };
    if (start == 0) {
      out = torch::scaled_dot_product_attention(q, expand(k), expand(v), {}, 0.0, /*is_causal=*/true);
    } else {
      const auto mayLook = causalMask_.narrow(0, start, time).narrow(1, 0, end).logical_not();
      out = torch::scaled_dot_product_attention(q, expand(k), expand(v), mayLook);
    }
  }
#else
  auto scores = torch::matmul(grouped, k.transpose(-1, -2)) * (1.0 / std::sqrt(config.headDim));
  if (time > 1) {
    const auto mask = causalMask_.narrow(0, start, time).narrow(1, 0, end);
    scores = scores.view({batch, config.kvHeads, groups, time, end})
                 .masked_fill(mask, -std::numeric_limits<float>::infinity())
                 .view({batch, config.kvHeads, groups * time, end});
  }
  out = torch::matmul(torch::softmax(scores, -1), v);
#endif
  out = out.view({batch, config.heads, time, config.headDim}).transpose(1, 2).reshape({batch, time, -1});
  return torch::linear(out, layer.o);
}

Tensor Model::forward(const Tensor& tokens, KVCache* cache) const {
  const int64_t start = cache ? cache->length : 0, time = tokens.size(1);
  const auto cos = cos_.narrow(0, start, time), sin = sin_.narrow(0, start, time);
  auto x = torch::embedding(embedding_, tokens);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const auto& layer = layers_[i];
    x = x + attention(layer, rmsNorm(x, layer.inputNorm, config.eps), cos, sin, cache, i);
    const auto y = rmsNorm(x, layer.mlpNorm, config.eps);
    x = x + torch::linear(torch::silu(torch::linear(y, layer.gate)) * torch::linear(y, layer.up), layer.down);
  }
  if (cache) cache->length += time;
  return rmsNorm(x, norm_, config.eps);
}

Tensor Model::logits(const Tensor& hidden) const { return torch::linear(hidden, embedding_); }

std::vector<Tensor> Model::parameters() const {
  std::vector<Tensor> all{embedding_};
  for (const auto& l : layers_) {
    for (const auto& t : {l.inputNorm, l.q, l.k, l.v, l.qNorm, l.kNorm, l.o, l.mlpNorm, l.gate, l.up, l.down}) {
      all.push_back(t);
    }
  }
  all.push_back(norm_);
  return all;
}

int64_t Model::parameterCount() const {
  int64_t count = 0;
  for (const auto& p : parameters()) count += p.numel();
  return count;
}

void Model::requireGrad() {
  for (auto& p : parameters()) p.set_requires_grad(true);
}
