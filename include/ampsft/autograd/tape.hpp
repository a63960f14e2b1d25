// SPDX-License-Identifier: MIT
/// @file
/// Reverse-mode differentiation over an append-only tape: creation order reversed is the backward order.
#pragma once

#include <ampsft/autograd/gradient_sink.hpp>
#include <ampsft/autograd/parameter.hpp>
#include <ampsft/autograd/storage_pool.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/core/tensor.hpp>

#include <concepts>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ampsft {

template <Scalar T>
class Tape;

/// Handle of a matrix on a tape; copies refer to the same matrix, a default one to none.
template <Scalar T>
class Variable {
 public:
  Variable() = default;

  /// Whether there is a matrix behind the handle.
  explicit operator bool() const noexcept { return tape_ != nullptr; }

  [[nodiscard]] Tape<T>& tape() const noexcept { return *tape_; }
  [[nodiscard]] Index id() const noexcept { return id_; }
  [[nodiscard]] const Matrix<T>& value() const { return tape_->node(id_).value(); }
  [[nodiscard]] ConstMatrixMap<T> map() const { return ampsft::map(value()); }
  [[nodiscard]] Index rows() const { return ampsft::rows(value()); }
  [[nodiscard]] Index cols() const { return ampsft::cols(value()); }

  /// Whether some trainable parameter lies behind this matrix. False for no matrix.
  [[nodiscard]] bool requires_grad() const { return tape_ != nullptr && tape_->node(id_).requires_grad; }

  /// Where a backward pass puts this matrix's gradient; call it once a pass, and only if `requires_grad()`.
  [[nodiscard]] GradientSink<T> sink() const { return tape_->sink(id_); }

 private:
  friend class Tape<T>;
  Variable(Tape<T>& tape, Index id) noexcept : tape_(&tape), id_(id) {}

  Tape<T>* tape_ = nullptr;
  Index id_ = 0;
};

/// What a tape can record: an aggregate of its inputs and of what it saves, with forward beside backward.
///
/// `forward(y)` fills `y` (`rows() x cols()`, not initialised). `backward(y, dy)` puts gradients into the sinks of
/// those inputs that require one. `needs_gradient()` says whether any input does; otherwise nothing is recorded.
template <class Op, class T>
concept Operation = requires(Op op, const Op& constant, Matrix<T>& y, const Matrix<T>& dy) {
  { constant.rows() } -> std::convertible_to<Index>;
  { constant.cols() } -> std::convertible_to<Index>;
  { constant.needs_gradient() } -> std::convertible_to<bool>;
  op.forward(y);
  op.backward(dy, dy);
};

/// What a forward pass is for.
enum class TapeMode {
  training,   ///< operations are recorded, dropout is active
  inference,  ///< nothing is recorded, dropout is the identity
};

/// Records the operations of one forward pass and runs them backward.
///
/// Values and gradients are matrices from a pool that `clear()` refills, so that steps of equal shape allocate no
/// matrix after the first. One thread uses a tape at a time; operations use threads inside.
template <Scalar T>
class Tape {
 public:
  explicit Tape(TapeMode mode = TapeMode::training) noexcept : mode_(mode) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  [[nodiscard]] bool training() const noexcept { return mode_ == TapeMode::training; }

  /// The parameter as an input; its gradient is added to `parameter.gradient` if it is trainable. The same parameter
  /// is the same variable.
  Variable<T> leaf(Parameter<T>& parameter) {
    return once(&parameter, -1, [&] {
      Node& node = nodes_.emplace_back();
      node.external = &parameter.value;
      node.parameter = &parameter;
      node.requires_grad = parameter.trainable && training();
      return last();
    });
  }

  /// A matrix that is not differentiated, without a copy: it must outlive the tape's use. The same matrix is the same
  /// variable.
  Variable<T> constant(const Matrix<T>& value) {
    return once(&value, -1, [&] {
      nodes_.emplace_back().external = &value;
      return last();
    });
  }

  /// A matrix that is not differentiated, kept by the tape.
  Variable<T> constant(Matrix<T>&& value) {
    nodes_.emplace_back().owned = std::move(value);
    return last();
  }

  /// Runs `op.forward` and records the operation if any of its inputs requires a gradient.
  template <Operation<T> Op>
  Variable<T> apply(Op op) {
    Matrix<T> y = pool_.take(op.rows(), op.cols());
    op.forward(y);
    Node& node = nodes_.emplace_back();
    node.owned = std::move(y);
    node.pooled = true;
    if (op.needs_gradient()) {
      node.requires_grad = true;
      node.operation = std::make_unique<Recorded<Op>>(std::move(op));
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
  /// there until the tape is cleared or runs backward.
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
  /// parameters' gradients and the value of `loss` are left. Throws if `loss` is no scalar, depends on no trainable
  /// parameter, or the tape ran backward before and was not cleared since.
  void backward(Variable<T> loss, T seed = T{1}) {
    require(loss && &loss.tape() == this && loss.id() < static_cast<Index>(nodes_.size()),
            "backward: the loss is not on this tape, or the tape was cleared since");
    require(!spent_, "backward: this tape ran backward before and its values are gone; clear() it and compute the ",
            "loss again");
    require(loss.rows() == 1 && loss.cols() == 1, "backward: the loss must be 1 x 1, not ", loss.rows(), " x ",
            loss.cols());
    require(loss.requires_grad(), "backward: the loss depends on no trainable parameter");
    spent_ = true;
    sink(loss.id()).add(EigenMatrix<T>::Constant(1, 1, seed));
    for (Index id = loss.id(); id >= 0; --id) {
      Node& current = node(id);
      if (current.operation && current.has_gradient) {
        current.operation->backward(current.owned, current.gradient);
      }
      if (id != loss.id()) {
        recycle(current);
      }
      pool_.put(current.gradient);
      current.operation.reset();
    }
  }

  /// Forgets all variables and keeps their memory for the next pass.
  void clear() {
    for (Node& node : nodes_) {
      recycle(node);
      pool_.put(node.gradient);
    }
    nodes_.clear();
    shared_.clear();
    spent_ = false;
  }

 private:
  friend class Variable<T>;

  struct Backward {
    virtual ~Backward() = default;
    virtual void backward(const Matrix<T>& y, const Matrix<T>& dy) = 0;
  };

  template <class Op>
  struct Recorded final : Backward {
    explicit Recorded(Op&& operation) : op(std::move(operation)) {}
    void backward(const Matrix<T>& y, const Matrix<T>& dy) override { op.backward(y, dy); }
    Op op;
  };

  struct Node {
    Matrix<T> owned;
    Matrix<T> gradient;
    const Matrix<T>* external = nullptr;
    Parameter<T>* parameter = nullptr;
    std::unique_ptr<Backward> operation;
    bool requires_grad = false;
    bool has_gradient = false;
    bool pooled = false;  // false for a matrix from outside: kept, every pass would add one to the pool

    [[nodiscard]] const Matrix<T>& value() const noexcept { return external != nullptr ? *external : owned; }
  };

  void recycle(Node& node) {
    if (node.pooled) {
      pool_.put(node.owned);
    }
  }

  Node& node(Index id) { return nodes_[static_cast<std::size_t>(id)]; }
  Variable<T> last() { return {*this, static_cast<Index>(nodes_.size()) - 1}; }

  template <class Make>
  Variable<T> once(const void* key, Index input, Make&& make) {
    const auto found = shared_.find({key, input});
    if (found != shared_.end()) {
      return {*this, found->second};
    }
    const Variable<T> made = make();
    shared_.emplace(std::pair{key, input}, made.id());
    return made;
  }

  GradientSink<T> sink(Index id) {
    Node& target = node(id);
    Matrix<T>& gradient = target.parameter != nullptr ? target.parameter->gradient : target.gradient;
    bool& has_gradient = target.parameter != nullptr ? target.parameter->has_gradient : target.has_gradient;
    if (gradient.size() != target.value().size()) {
      gradient = pool_.take(rows(target.value()), cols(target.value()));
    }
    return {gradient, !std::exchange(has_gradient, true)};
  }

  TapeMode mode_;
  bool spent_ = false;
  InputObserver observer_;
  std::deque<Node> nodes_;  // a deque: references stay valid while it grows
  std::map<std::pair<const void*, Index>, Index> shared_;
  StoragePool<T> pool_;
};

AMPSFT_INSTANCE(class Tape<float>);
AMPSFT_INSTANCE(class Tape<double>);

}  // namespace ampsft
