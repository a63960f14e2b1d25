// SPDX-License-Identifier: MIT
/// @file
/// What a tape can record, and the memory in which it holds that.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace ampsft {

template <Scalar T>
class Variable;

/// What an operation's backward pass reads of an input: only values that some operation reads are kept until then.
enum class NeedsInput { shape, value };

/// What a tape can record: an aggregate of its inputs and of what it saves, with forward beside backward.
///
/// `inputs(visit)` calls `visit(variable, Reads)` for every input that is there; if none requires a gradient, nothing
/// is recorded. `forward(y)` fills `y` (`rows() x cols()`, not initialised) and may change nothing else but what the
/// operation saves. `backward(y, dy)` puts gradients into the sinks of those inputs that require one; it may read `y`
/// if `needs_result` says so, and use `dy` as it likes. An operation that takes memory in other ways (from tapes of its
/// own, or by giving whole gradients) has `plan_forward()` or `plan_backward()`, which do so without computing
/// anything.
template <class Op, class T>
concept Operation = requires(Op op, const Op& constant, Matrix<T>& y, void (*visit)(const Variable<T>&, NeedsInput)) {
  { constant.rows() } -> std::convertible_to<Index>;
  { constant.cols() } -> std::convertible_to<Index>;
  { Op::needs_result } -> std::convertible_to<bool>;
  constant.inputs(visit);
  op.forward(y);
  op.backward(y, y);
};

namespace detail {

/// One operation of any type, in memory that stays for the next one.
template <Scalar T>
class OperationSlot {
 public:
  OperationSlot() = default;
  OperationSlot(const OperationSlot&) = delete;
  OperationSlot& operator=(const OperationSlot&) = delete;
  ~OperationSlot() { clear(); }

  explicit operator bool() const noexcept { return held_ != nullptr; }

  template <class Op>
  void hold(Op&& op) {
    static_assert(alignof(Held<Op>) <= alignof(std::max_align_t));
    clear();
    if (capacity_ < sizeof(Held<Op>)) {
      memory_ = std::make_unique<std::byte[]>(sizeof(Held<Op>));
      capacity_ = sizeof(Held<Op>);
    }
    held_ = ::new (memory_.get()) Held<Op>(std::forward<Op>(op));
  }

  void backward(Matrix<T>& y, Matrix<T>& dy) { held_->backward(y, dy); }

  /// Asks for the gradients' memory only.
  void plan_backward() { held_->plan_backward(); }

  void clear() noexcept {
    if (held_ != nullptr) {
      std::exchange(held_, nullptr)->~Interface();
    }
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void backward(Matrix<T>& y, Matrix<T>& dy) = 0;
    virtual void plan_backward() = 0;
  };

  template <class Op>
  struct Held final : Interface {
    explicit Held(Op&& operation) : op(std::move(operation)) {}
    void backward(Matrix<T>& y, Matrix<T>& dy) override { op.backward(y, dy); }
    void plan_backward() override {
      if constexpr (requires { op.plan_backward(); }) {
        op.plan_backward();
      } else {
        op.inputs([](const auto& input, NeedsInput) {
          if (input.requires_grad()) {
            static_cast<void>(input.sink());
          }
        });
      }
    }
    Op op;
  };

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  Interface* held_ = nullptr;
};

}  // namespace detail
}  // namespace ampsft
