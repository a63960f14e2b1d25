// SPDX-License-Identifier: MIT
/// @file
/// What the tests of this folder start several times: compares ranks with one process, or trains until a rank dies.
#include <ampsft/distributed/mpi.hpp>
// The one above must compile alone.
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "../train/tiny.hpp"

using namespace ampsft;

namespace {

TrainOptions short_run(Index sequences) {
  TrainOptions options;
  options.steps = 12;
  options.sequences = sequences;
  options.seed = 5;
  options.evaluate_every = 6;
  options.evaluation.sequences = 2;
  return options;
}

/// What is too long for one call of MPI goes in parts, which are all of it, in order.
void check_parts() {
  std::vector<int> numbers(10);
  std::vector<int> counts;
  detail::in_parts(
      std::span<int>(numbers), "be tested",
      [&](int* part, int count) {
        require(part == numbers.data() + 4 * static_cast<std::ptrdiff_t>(counts.size()), "a part begins elsewhere");
        counts.push_back(count);
        return MPI_SUCCESS;
      },
      4);
  require(counts == std::vector<int>{4, 4, 2}, "the parts are not all of the numbers");
}

/// Sums and copies of many numbers.
template <Scalar T>
void check_communicator(const MpiCommunicator& ranks) {
  const auto rank = static_cast<double>(ranks.rank());
  const auto size = static_cast<double>(ranks.size());
  std::vector<T> numbers(100003);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<T>(rank + 1) * static_cast<T>(i % 1000);
  }
  ranks.sum(std::span<T>(numbers));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const T expected = static_cast<T>(size * (size + 1) / 2) * static_cast<T>(i % 1000);
    require(numbers[i] == expected, "the sum of element ", i, " is ", numbers[i], ", not ", expected);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<T>(rank) + static_cast<T>(i);
  }
  ranks.broadcast(std::as_writable_bytes(std::span<T>(numbers)));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    require(numbers[i] == static_cast<T>(i), "element ", i, " from rank 0 is ", numbers[i]);
  }
}

/// Trains over the ranks and by itself with the whole batch; throws `Error` unless all losses agree.
template <Scalar T>
void compare(const MpiCommunicator& ranks, bool scores, double tolerance) {
  const auto text = tiny::text();
  const auto train = [&](Index sequences, const auto& communicator) {
    Transformer<T> model(tiny::config(), 1);
    if (scores) {
      const auto bases = fit_bases(model.weights(), {.rank = 3});
      freeze(model.parameters());
      attach_scores(model.weights(), bases, ScoreForm::exact_start);
    }
    Trainer trainer(model, AdamW<T>({.learning_rate = 1e-2}), communicator);
    return trainer.fit(text, short_run(sequences), &text);
  };
  const TrainReport together = train(2, ranks);
  const TrainReport alone = train(2 * ranks.size(), Alone{});
  require(together.losses.size() == 12 && alone.losses.size() == 12 && together.validation.size() == 2,
          "the runs differ in length");
  double worst = 0.0;
  const auto check = [&](double loss, double expected) {
    const double difference = std::abs(loss - expected) / expected;
    require(difference <= tolerance, "a loss is ", loss, ", in one process ", expected);
    worst = std::max(worst, difference);
  };
  for (std::size_t i = 0; i < alone.losses.size(); ++i) {
    check(together.losses[i], alone.losses[i]);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    check(together.validation[i].loss, alone.validation[i].loss);
  }
  if (ranks.rank() == 0) {
    std::printf("%s, %s: the losses differ by %.1e\n", sizeof(T) == 4 ? "float" : "double",
                scores ? "scores" : "all weights", worst);
  }
}

/// Trains with a checkpoint after each update; rank 0 prints the first update and all losses. Where there is a `death`,
/// `rank` meets it after update 7.
void train(const MpiCommunicator& ranks, const std::string& checkpoint, const std::string& death, Index rank) {
  const auto text = tiny::text();
  Transformer<float> model(tiny::config(), 1);
  auto options = short_run(2);
  options.checkpoint = checkpoint;
  options.checkpoint_seconds = 0.0;
  Index first = 0;
  options.on_update = [&](const TrainingProgress& progress) {
    first = first == 0 ? progress.step : first;
    if (progress.step == 7 && ranks.rank() == rank) {
      if (death == "kill") {
        static_cast<void>(std::raise(SIGKILL));
      }
      require(death != "throw", "out of luck");
    }
    return true;
  };
  const auto report = Trainer(model, AdamW<float>({.learning_rate = 1e-2}), ranks).fit(text, options, &text);
  if (ranks.rank() == 0) {
    std::printf("first update: %td\n", first);
    for (const double loss : report.losses) {
      std::printf("%a\n", loss);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_with_mpi(argc, argv, [&](const MpiCommunicator& ranks) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"compare"}) {
      require(ranks.size() > 1, "nothing to compare: start several ranks with mpirun");
      check_parts();
      check_communicator<float>(ranks);
      check_communicator<double>(ranks);
      for (const bool scores : {false, true}) {
        compare<float>(ranks, scores, 1e-5);
        compare<double>(ranks, scores, 1e-12);
      }
    } else if (arguments.size() == 2 && arguments[0] == "train") {
      train(ranks, arguments[1], "", 0);
    } else if (arguments.size() == 4 && arguments[0] == "train") {
      train(ranks, arguments[1], arguments[2], std::stol(arguments[3]));
    } else {
      fail("usage: ranks compare | train CHECKPOINT [kill|throw RANK]");
    }
    return 0;
  });
}
