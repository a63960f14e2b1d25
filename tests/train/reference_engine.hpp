// SPDX-License-Identifier: MIT
/// @file
/// A transformer's loss by the plainest operations: nothing fused, nothing released, attention with all its scores.
#pragma once

#include <ampsft/autograd/ops/add.hpp>
#include <ampsft/autograd/ops/cross_entropy.hpp>
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/gelu.hpp>
#include <ampsft/autograd/ops/layer_norm.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/model/transformer.hpp>

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace ampsft::test {

/// `softmax(q k' / sqrt(h) + causal mask) v` of every sequence and head, whose probabilities are kept.
template <Scalar T>
struct PlainAttention {
  Variable<T> q, k, v;
  Index sequences;
  Index heads;
  std::vector<EigenMatrix<T>> probabilities = {};

  static constexpr bool needs_result = false;

  [[nodiscard]] Index rows() const { return q.rows(); }
  [[nodiscard]] Index cols() const { return q.cols(); }

  template <class Visit>
  void inputs(Visit&& visit) const {
    for (const auto& input : {q, k, v}) {
      visit(input, NeedsInput::value);
    }
  }

  template <class M>
  [[nodiscard]] auto head(M&& matrix, Index i) const {
    const Index length = rows() / sequences;
    const Index width = cols() / heads;
    return matrix.block(i / heads * length, i % heads * width, length, width);
  }

  [[nodiscard]] T scale() const { return T{1} / std::sqrt(static_cast<T>(cols() / heads)); }

  void forward(Matrix<T>& y) {
    for (Index i = 0; i < sequences * heads; ++i) {
      EigenMatrix<T> p = scale() * head(q.map(), i) * head(k.map(), i).transpose();
      for (Index row = 0; row < p.rows(); ++row) {
        p.row(row).tail(p.cols() - row - 1).setConstant(-std::numeric_limits<T>::infinity());
        p.row(row) = (p.row(row).array() - p.row(row).maxCoeff()).exp().matrix().eval();
        p.row(row) /= p.row(row).sum();
      }
      auto out = map(y);
      head(out, i) = p * head(v.map(), i);
      probabilities.push_back(std::move(p));
    }
  }

  void backward(const Matrix<T>&, const Matrix<T>& dy) const {
    auto dq = q.sink().zeroed();
    auto dk = k.sink().zeroed();
    auto dv = v.sink().zeroed();
    for (Index i = 0; i < sequences * heads; ++i) {
      const EigenMatrix<T>& p = probabilities[static_cast<std::size_t>(i)];
      const EigenMatrix<T> dout = head(map(dy), i);
      const EigenMatrix<T> dp = dout * head(v.map(), i).transpose();
      EigenMatrix<T> ds = dp;
      ds.colwise() -= dp.cwiseProduct(p).rowwise().sum();
      ds = scale() * ds.cwiseProduct(p);
      head(dq, i) += ds * head(k.map(), i);
      head(dk, i) += ds.transpose() * head(q.map(), i);
      head(dv, i) += p.transpose() * dout;
    }
  }
};

/// `Transformer::loss`, from the model's public parts.
template <Scalar T>
Variable<T> plain_loss(Transformer<T>& model, Tape<T>& tape, std::span<const std::int32_t> tokens,
                       std::span<const std::int32_t> targets, Index sequences) {
  const auto& config = model.config();
  std::map<std::string, Parameter<T>*> parameters;
  for (auto* parameter : model.parameters()) {
    parameters[parameter->name] = parameter;
  }
  const auto leaf = [&](const std::string& name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? Variable<T>{} : tape.leaf(*found->second);
  };
  const auto weights = model.weights();
  auto weight = weights.begin();
  const auto layer = [&](Variable<T> x) {
    const Weight<T>& own = **weight++;
    const std::string& name = own.name();
    return own.forward(x, leaf(name.substr(0, name.rfind('.')) + ".bias"));
  };
  const auto norm = [&](Variable<T> x, const std::string& name) {
    return layer_norm(x, leaf(name + ".weight"), leaf(name + ".bias"), config.norm_epsilon);
  };
  std::vector<std::int32_t> positions;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    positions.push_back(static_cast<std::int32_t>(i % (tokens.size() / static_cast<std::size_t>(sequences))));
  }
  Variable<T> x = add((*weight++)->gather(tape, tokens), gather<T>(leaf("position_embedding.weight"), positions));
  for (Index i = 0; i < config.layers.size(); ++i) {
    const std::string name = "blocks." + std::to_string(i);
    const auto h = norm(x, name + ".norm_1");
    const auto q = layer(h);
    const auto k = layer(h);
    const auto v = layer(h);
    x = add(x, layer(tape.apply(PlainAttention<T>{q, k, v, sequences, config.heads})));
    const auto wide = layer(norm(x, name + ".norm_2"));
    const auto form = config.layers.front().activation == Activation::gelu_erf ? GeluForm::erf : GeluForm::tanh;
    x = add(x, layer(gelu(wide, form)));
  }
  return cross_entropy(layer(norm(x, "final_norm")), targets);
}

}  // namespace ampsft::test
