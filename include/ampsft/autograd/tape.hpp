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
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>

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
  explicit Tape(TapeMode mode = TapeMode::training);
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  /// An empty tape that takes its memory from the same pools, for an operation that is itself a computation.
  [[nodiscard]] Tape& inner(TapeMode mode);

  [[nodiscard]] bool training() const noexcept { return mode_ != TapeMode::inference; }
  [[nodiscard]] bool recording() const noexcept { return mode_ == TapeMode::training; }
  [[nodiscard]] bool planning() const noexcept { return pools_->plans; }

  /// Bytes of all values, gradients and saved matrices that were alive at once, by shape, or on a planning tape would
  /// have been. Parameters and their gradients are not among them.
  [[nodiscard]] Index bytes() const noexcept { return pools_->matrices.bytes() + pools_->indices.bytes(); }

  /// The parameter as an input; its gradient is added to `parameter.gradient` if it is trainable. The same parameter
  /// is the same variable.
  Variable<T> leaf(Parameter<T>& parameter);

  /// A matrix that is not differentiated, without a copy: it must outlive the tape's use. The same matrix is the same
  /// variable.
  Variable<T> constant(const Matrix<T>& value);

  /// A matrix that is not differentiated, kept by the tape.
  Variable<T> constant(Matrix<T>&& value);

  /// A matrix of another tape, without a copy; if this one records, its gradient is there after the backward pass,
  /// until `clear()`.
  Variable<T> input(Variable<T> other);

  /// An operation's memory for what it saves, from the pools.
  [[nodiscard]] Saved<T> save(Index rows, Index cols) { return {pools_->matrices, rows, cols}; }

  /// The same for `count` indices (tokens, targets), in one row.
  [[nodiscard]] Saved<std::int32_t> save_indices(Index count) { return {pools_->indices, 1, count}; }

  /// A copy of indices.
  [[nodiscard]] Saved<std::int32_t> save(std::span<const std::int32_t> indices);

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
  void backward(Variable<T> loss, T seed = T{1});

  /// The same from any matrix, whose gradient is `seed`, of its shape.
  void backward(Variable<T> result, const Matrix<T>& seed);

  /// Forgets all variables and keeps their memory for the next pass.
  void clear();

 private:
  friend class Variable<T>;

  using Pools = detail::TapePools<T>;
  using Node = detail::TapeNode<T>;

  struct SharedVariable {
    const void* key;
    Index input;
    Index id;
  };

  Tape(TapeMode mode, std::shared_ptr<Pools> pools);

  void require_fresh(Variable<T> result);

  void run_backward(Variable<T> result);

  [[nodiscard]] const Matrix<T>& value(Index id);

  void release(Index id);

  void recycle(Node& node);

  void drop_gradient(Node& node);

  Node& node(Index id) { return *nodes_[static_cast<std::size_t>(id)]; }
  Variable<T> last() { return {*this, static_cast<Index>(count_) - 1}; }

  /// A node of the former pass, or a new one.
  Node& next(Index rows, Index cols);

  Node& external(const Matrix<T>& value);

  /// The variable that `keep` was told for this pair; none if there is none.
  [[nodiscard]] Variable<T> kept(const void* key, Index input);
  Variable<T> keep(const void* key, Index input, Variable<T> made);

  template <class Make>
  Variable<T> once(const void* key, Index input, Make&& make) {
    const Variable<T> before = kept(key, input);
    return before ? before : keep(key, input, make());
  }

  GradientSink<T> sink(Index id);

  Saved<T> gradient_memory(Index id);

  void give(Index id, Saved<T>& gradient);

  Matrix<T>& gradient(Index id);

  TapeMode mode_;
  bool spent_ = false;
  InputObserver observer_;
  std::shared_ptr<Pools> pools_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t count_ = 0;  // of those in use
  std::unique_ptr<Tape> inner_;
  std::vector<SharedVariable> shared_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/autograd/detail/tape_inl.hpp>
#endif
