// SPDX-License-Identifier: MIT
/// @file
/// Reverse-mode differentiation over an append-only tape: creation order reversed is the backward order.
#pragma once

#include <ampsft/autograd/detail/tape_node.hpp>
#include <ampsft/autograd/gradient_sink.hpp>
#include <ampsft/autograd/operation.hpp>
#include <ampsft/autograd/parameter.hpp>
#include <ampsft/autograd/storage_pool.hpp>
#include <ampsft/autograd/variable.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// What a forward pass is for.
enum class TapeMode {
  training,   ///< operations are recorded, dropout is active
  inference,  ///< nothing is recorded, dropout is the identity
  recompute,  ///< nothing is recorded, dropout is active: a pass that a recorded one will repeat
  planning,   ///< as training, but nothing is computed: memory is counted only
};

/// Records the operations of one forward pass and runs them backward.
///
/// All memory comes from pools that `clear()` refills, so that steps of equal shape allocate nothing after the first.
/// One thread uses a tape at a time; operations use threads inside.
template <Scalar T>
class Tape {
 public:
  explicit Tape(TapeMode mode = TapeMode::training)
      : Tape(mode == TapeMode::planning ? TapeMode::training : mode,
             std::make_shared<Pools>(mode == TapeMode::planning)) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape() { clear(); }

  /// An empty tape that takes its memory from the same pools, for an operation that is itself a computation.
  [[nodiscard]] Tape& inner(TapeMode mode) {
    if (!inner_) {
      inner_.reset(new Tape(mode, pools_));
    }
    inner_->clear();
    inner_->mode_ = mode;
    return *inner_;
  }

  [[nodiscard]] bool training() const noexcept { return mode_ != TapeMode::inference; }
  [[nodiscard]] bool recording() const noexcept { return mode_ == TapeMode::training; }
  [[nodiscard]] bool planning() const noexcept { return pools_->plans; }

  /// Bytes of all values, gradients and saved matrices that were alive at once, by shape, or on a planning tape would
  /// have been. Parameters and their gradients are not among them.
  [[nodiscard]] Index bytes() const noexcept { return pools_->matrices.bytes() + pools_->indices.bytes(); }

  /// The parameter as an input; its gradient is added to `parameter.gradient` if it is trainable. The same parameter
  /// is the same variable.
  Variable<T> leaf(Parameter<T>& parameter) {
    return once(&parameter, -1, [&] {
      Node& node = external(parameter.value);
      node.parameter = &parameter;
      node.requires_grad = parameter.trainable && recording();
      return last();
    });
  }

  /// A matrix that is not differentiated, without a copy: it must outlive the tape's use. The same matrix is the same
  /// variable.
  Variable<T> constant(const Matrix<T>& value) {
    return once(&value, -1, [&] {
      external(value);
      return last();
    });
  }

  /// A matrix that is not differentiated, kept by the tape.
  Variable<T> constant(Matrix<T>&& value) {
    Node& node = next(ampsft::rows(value), ampsft::cols(value));
    node.owned = std::move(value);
    return last();
  }

  /// A matrix of another tape, without a copy; if this one records, its gradient is there after the backward pass,
  /// until `clear()`.
  Variable<T> input(Variable<T> other) {
    Node& node = next(other.rows(), other.cols());
    node.external = planning() ? nullptr : &other.value();
    node.is_input = true;
    node.requires_grad = recording();
    return last();
  }

  /// An operation's memory for what it saves, from the pools.
  [[nodiscard]] Saved<T> save(Index rows, Index cols) { return {pools_->matrices, rows, cols}; }

  /// The same for `count` indices (tokens, targets), in one row.
  [[nodiscard]] Saved<std::int32_t> save_indices(Index count) { return {pools_->indices, 1, count}; }

  /// A copy of indices.
  [[nodiscard]] Saved<std::int32_t> save(std::span<const std::int32_t> indices) {
    Saved<std::int32_t> saved = save_indices(static_cast<Index>(indices.size()));
    if (!planning()) {
      std::copy(indices.begin(), indices.end(), saved.data());
    }
    return saved;
  }

  /// Runs `op.forward` and records the operation if any of its inputs requires a gradient.
  template <class Op>
  requires Operation<std::remove_cvref_t<Op>, T> Variable<T> apply(Op op) {
    Node& node = next(op.rows(), op.cols());
    node.owned = pools_->matrices.take(node.rows, node.cols);
    node.pooled = true;
    if (!planning()) {
      op.forward(node.owned);
    } else if constexpr (requires { op.plan_forward(); }) {
      op.plan_forward();
    }
    op.inputs([&](const Variable<T>& input, NeedsInput) { node.requires_grad |= input.requires_grad(); });
    if (node.requires_grad) {
      node.read_backward = Op::needs_result;
      op.inputs([&](const Variable<T>& input, NeedsInput reads) {
        this->node(input.id()).read_backward |= reads == NeedsInput::value;
      });
      node.operation.hold(std::move(op));
    }
    return last();
  }

  /// The variable that `make()` returned for this pair of input and key before, else what it returns now: how matrices
  /// that read the same input share one product with the same basis.
  template <class Make>
  Variable<T> shared(Variable<T> input, const void* key, Make&& make) {
    return once(key, input.id(), std::forward<Make>(make));
  }

  /// What is told of every input that a weight multiplies: the weight's name, and the input, `T x d`, whose value is
  /// there until it is released, the tape is cleared or runs backward.
  using InputObserver = std::function<void(const std::string& weight, Variable<T> input)>;

  /// Sets the observer of the passes that follow; an empty one ends it.
  void observe_inputs(InputObserver observer) { observer_ = std::move(observer); }

  /// Tells the observer, if there is one, that a weight is about to read this input.
  void note_input(const std::string& weight, Variable<T> input) const {
    if (observer_) {
      observer_(weight, input);
    }
  }

  /// Runs the tape backward from a scalar (1 x 1), which has gradient `seed`.
  ///
  /// Values and gradients are returned to the pool as soon as nothing needs them any more; afterwards only the
  /// parameters' gradients, those of `input`s and the value of `loss` are left. Throws if `loss` is no scalar, depends
  /// on no trainable parameter, or the tape ran backward before and was not cleared since.
  void backward(Variable<T> loss, T seed = T{1}) {
    require_fresh(loss);
    require(loss.rows() == 1 && loss.cols() == 1, "backward: the loss must be 1 x 1, not ", loss.rows(), " x ",
            loss.cols());
    const GradientSink<T> sink = this->sink(loss.id());
    if (!planning()) {
      sink.add(EigenMatrix<T>::Constant(1, 1, seed));
    }
    run_backward(loss);
  }

  /// The same from any matrix, whose gradient is `seed`, of its shape.
  void backward(Variable<T> result, const Matrix<T>& seed) {
    require_fresh(result);
    const GradientSink<T> sink = this->sink(result.id());
    if (!planning()) {
      require(ampsft::rows(seed) == result.rows() && ampsft::cols(seed) == result.cols(), "backward: a gradient of ",
              ampsft::rows(seed), " x ", ampsft::cols(seed), " for a result of ", result.rows(), " x ", result.cols());
      sink.add(map(seed));
    }
    run_backward(result);
  }

  /// Forgets all variables and keeps their memory for the next pass.
  void clear() {
    for (std::size_t i = 0; i < count_; ++i) {
      Node& node = *nodes_[i];
      node.operation.clear();
      recycle(node);
      drop_gradient(node);
      if (node.owned.size() > 0) {
        node.owned = Matrix<T>{};  // a constant's
      }
    }
    count_ = 0;
    shared_.clear();
    spent_ = false;
  }

 private:
  friend class Variable<T>;

  using Pools = detail::TapePools<T>;
  using Node = detail::TapeNode<T>;

  struct SharedVariable {
    const void* key;
    Index input;
    Index id;
  };

  Tape(TapeMode mode, std::shared_ptr<Pools> pools) : mode_(mode), pools_(std::move(pools)) {}

  void require_fresh(Variable<T> result) {
    require(result && &result.tape() == this && result.id() < static_cast<Index>(count_),
            "backward: the loss is not on this tape, or the tape was cleared since");
    require(!spent_, "backward: this tape ran backward before and its values are gone; clear() it and compute the ",
            "loss again");
    require(result.requires_grad(), "backward: the loss depends on no trainable parameter");
  }

  void run_backward(Variable<T> result) {
    spent_ = true;
    for (Index id = result.id(); id >= 0; --id) {
      Node& current = node(id);
      if (current.operation && current.has_gradient) {
        if (planning()) {
          current.operation.plan_backward();
        } else {
          current.operation.backward(current.owned, current.gradient);
        }
      }
      current.operation.clear();
      if (id != result.id()) {
        recycle(current);
      }
      if (!current.is_input) {
        drop_gradient(current);
      }
    }
  }

  [[nodiscard]] const Matrix<T>& value(Index id) {
    const Node& wanted = node(id);
    const Matrix<T>& matrix = wanted.external != nullptr ? *wanted.external : wanted.owned;
    require(matrix.size() > 0 || wanted.rows * wanted.cols == 0, "the value of a variable of ", wanted.rows, " x ",
            wanted.cols, " was asked for after it had been released");
    return matrix;
  }

  void release(Index id) {
    Node& node = this->node(id);
    if (!node.read_backward) {
      recycle(node);
    }
  }

  void recycle(Node& node) {
    if (node.pooled) {
      pools_->matrices.put(node.owned, node.rows * node.cols);
      node.pooled = false;
    }
  }

  void drop_gradient(Node& node) {
    if (node.has_gradient && node.parameter == nullptr) {
      pools_->matrices.put(node.gradient, node.rows * node.cols);
    }
    node.has_gradient = false;
  }

  Node& node(Index id) { return *nodes_[static_cast<std::size_t>(id)]; }
  Variable<T> last() { return {*this, static_cast<Index>(count_) - 1}; }

  /// A node of the former pass, or a new one.
  Node& next(Index rows, Index cols) {
    if (count_ == nodes_.size()) {
      nodes_.push_back(std::make_unique<Node>());  // references stay valid while the list grows
    }
    Node& node = *nodes_[count_++];
    node.rows = rows;
    node.cols = cols;
    node.external = nullptr;
    node.parameter = nullptr;
    node.requires_grad = false;
    node.has_gradient = false;
    node.pooled = false;
    node.read_backward = false;
    node.is_input = false;
    return node;
  }

  Node& external(const Matrix<T>& value) {
    Node& node = next(ampsft::rows(value), ampsft::cols(value));
    node.external = &value;
    return node;
  }

  template <class Make>
  Variable<T> once(const void* key, Index input, Make&& make) {
    const auto found = std::find_if(shared_.rbegin(), shared_.rend(), [&](const SharedVariable& variable) {
      return variable.key == key && variable.input == input;
    });
    if (found != shared_.rend()) {
      return {*this, found->id};
    }
    const Variable<T> made = make();
    shared_.push_back({key, input, made.id()});
    return made;
  }

  GradientSink<T> sink(Index id) {
    Node& target = node(id);
    if (target.parameter == nullptr) {
      if (!target.has_gradient) {
        target.gradient = pools_->matrices.take(target.rows, target.cols);
      }
      return {target.gradient, !std::exchange(target.has_gradient, true)};
    }
    target.has_gradient = true;
    Parameter<T>& parameter = *target.parameter;
    if (planning()) {
      return {target.gradient, true};
    }
    if (parameter.gradient.size() != parameter.value.size()) {
      parameter.gradient = make_matrix<T>(target.rows, target.cols);
    }
    return {parameter.gradient, !std::exchange(parameter.has_gradient, true)};
  }

  Saved<T> gradient_memory(Index id) {
    const Node& target = node(id);
    if (target.parameter == nullptr) {
      return save(target.rows, target.cols);
    }
    if (planning()) {
      return {};
    }
    Parameter<T>& parameter = *target.parameter;
    if (parameter.has_gradient) {
      return save(target.rows, target.cols);
    }
    const bool idle = parameter.gradient.size() == parameter.value.size();
    return Saved<T>(idle ? std::exchange(parameter.gradient, Matrix<T>{}) : make_matrix<T>(target.rows, target.cols));
  }

  void give(Index id, Saved<T>& gradient) {
    Node& target = node(id);
    if (planning() && target.parameter != nullptr) {
      target.has_gradient = true;
      return;
    }
    Matrix<T>& place = target.parameter != nullptr ? target.parameter->gradient : target.gradient;
    bool& filled = target.parameter != nullptr ? target.parameter->has_gradient : target.has_gradient;
    if (!filled) {
      place = gradient.take();
    } else if (!planning()) {
      map(place) += map(*gradient);
    }
    filled = true;
    target.has_gradient = true;
  }

  Matrix<T>& gradient(Index id) {
    Node& target = node(id);
    require(target.is_input && target.has_gradient,
            "the gradient of a variable was asked for that is no input of the tape, or that no backward pass reached");
    return target.gradient;
  }

  TapeMode mode_;
  bool spent_ = false;
  InputObserver observer_;
  std::shared_ptr<Pools> pools_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t count_ = 0;  // of those in use
  std::unique_ptr<Tape> inner_;
  std::vector<SharedVariable> shared_;
};

AMPSFT_INSTANCE(class Tape<float>);
AMPSFT_INSTANCE(class Tape<double>);

}  // namespace ampsft
