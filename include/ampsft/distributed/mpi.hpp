// SPDX-License-Identifier: MIT
/// @file
/// Training over several processes with MPI. Not part of `ampsft.hpp`: it needs an MPI, `ampsft::mpi` in CMake.
#pragma once

#include <ampsft/core/compat/mpi.hpp>
#include <ampsft/train/communicator.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <utility>

namespace ampsft {

namespace detail {

/// Throws `Error` with MPI's own words unless `code` is success.
inline void require_mpi(int code, const char* what) {
  if (code != MPI_SUCCESS) {
    std::string text(MPI_MAX_ERROR_STRING, '\0');
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    text.resize(static_cast<std::size_t>(length));
    fail("MPI could not ", what, " (", text, "); another rank may have died, see above");
  }
}

/// Calls `send(part, count)` for parts of at most `most` elements, which MPI counts in an `int`.
template <class T, class Send>
void in_parts(std::span<T> all, const char* what, Send&& send, std::size_t most = std::size_t{1} << 30) {
  for (std::size_t first = 0; first < all.size(); first += most) {
    const std::span<T> part = all.subspan(first, std::min(most, all.size() - first));
    require_mpi(send(part.data(), static_cast<int>(part.size())), what);
  }
}

}  // namespace detail

/// The ranks of an MPI communicator, which must outlive it.
///
/// An error of MPI is an `Error` where the communicator returns errors, as a `MpiSession`'s does. Sums are the same on
/// all ranks where MPI's all-reduce makes them so (Open MPI and MPICH do between equal processors); `Trainer` checks.
class MpiCommunicator {
 public:
  /// Throws `Error` if MPI does not know the communicator.
  explicit MpiCommunicator(MPI_Comm comm) : comm_(comm) {
    int rank = 0;
    int size = 0;
    detail::require_mpi(MPI_Comm_rank(comm, &rank), "tell the rank");
    detail::require_mpi(MPI_Comm_size(comm, &size), "count the ranks");
    rank_ = rank;
    size_ = size;
  }

  [[nodiscard]] Index rank() const noexcept { return rank_; }
  [[nodiscard]] Index size() const noexcept { return size_; }

  void sum(std::span<float> numbers) const { sum(numbers, MPI_FLOAT); }
  void sum(std::span<double> numbers) const { sum(numbers, MPI_DOUBLE); }

  void broadcast(std::span<std::byte> bytes) const {
    detail::in_parts(bytes, "send from rank 0 to all",
                     [&](std::byte* part, int count) { return MPI_Bcast(part, count, MPI_BYTE, 0, comm_); });
  }

 private:
  template <class T>
  void sum(std::span<T> numbers, MPI_Datatype type) const {
    detail::in_parts(numbers, "add over the ranks", [&](T* part, int count) {
      return MPI_Allreduce(MPI_IN_PLACE, part, count, type, MPI_SUM, comm_);
    });
  }

  MPI_Comm comm_;
  Index rank_ = 0;
  Index size_ = 1;
};

/// MPI from its beginning to its end: make one, first thing in `main`; or let `run_with_mpi` do it.
///
/// A program that was not started by `mpirun` is one rank. If an exception ends the session, all ranks end: they would
/// wait for this one for ever.
class MpiSession {
 public:
  /// Throws `Error` if MPI runs already, cannot start, or does not allow the threads of a rank to compute.
  MpiSession(int& argc, char**& argv) : exceptions_(std::uncaught_exceptions()) {
    int running = 0;
    detail::require_mpi(MPI_Initialized(&running), "tell whether it runs");
    require(running == 0, "MPI runs already; make one MpiSession, or a MpiCommunicator of the communicator there is");
    int threads = 0;
    detail::require_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &threads), "start");
    require(threads >= MPI_THREAD_FUNNELED, "this MPI allows its processes no threads; use one that does");
    detail::require_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "make a communicator");
    detail::require_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "set how errors are told");
  }
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  ~MpiSession() {
    if (std::uncaught_exceptions() > exceptions_) {
      abort("an exception");
    }
    MPI_Comm_free(&comm_);
    MPI_Finalize();
  }

  /// All ranks of the job.
  [[nodiscard]] MpiCommunicator communicator() const { return MpiCommunicator(comm_); }

  /// Ends all ranks with status 1, after one line on the standard error that names this rank and says why.
  [[noreturn]] void abort(const std::string& why) const {
    int rank = 0;
    int size = 0;
    MPI_Comm_rank(comm_, &rank);
    MPI_Comm_size(comm_, &size);
    std::fprintf(stderr, "ampsft: rank %d of %d ends the job: %s\n", rank, size, why.c_str());
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    std::abort();  // not reached: MPI_Abort ends this rank too
  }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int exceptions_;
};

/// A `main` over several ranks: returns `body(communicator)`, an exit status that should be the same on all ranks.
///
/// An exception that leaves `body` on any rank ends all of them with status 1 and one line that names the rank.
/// Throws `Error` as `MpiSession` does.
template <class Body>
int run_with_mpi(int argc, char** argv, Body&& body) {
  const MpiSession session(argc, argv);
  try {
    return std::forward<Body>(body)(session.communicator());
  } catch (const std::exception& error) {
    session.abort(error.what());
  } catch (...) {
    session.abort("an exception of unknown type");
  }
}

}  // namespace ampsft
