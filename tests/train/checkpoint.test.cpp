// SPDX-License-Identifier: MIT
#include <ampsft/io/read_text.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/checkpoint.hpp>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

/// Two parameters, an optimiser with state, and a checkpoint of them.
struct SavedRun {
  testing::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "run.safetensors";
  Parameter<float> a{"a", make_matrix<float>(2, 3, 1.5F)};
  Parameter<float> b{"b", make_matrix<float>(1, 4, -2.0F)};
  ParameterList<float> parameters{&a, &b};
  AdamW<float> adamw;
  std::vector<Matrix<float>> best;
  TrainingState state;

  SavedRun() {
    a.gradient = make_matrix<float>(2, 3, 0.25F);
    a.has_gradient = true;
    adamw.step(parameters);
    state.step = 3;
    state.seconds = 1.25;
    state.sampler = Random(11);
    state.losses = {3.0, 2.5, 0.1};
    state.gradient_norm = 0.1;
    state.validation = {{2, 2.75}};
    save_checkpoint(path, parameters, adamw, best, state, "this run");
  }
};

}  // namespace

TEST_CASE("a checkpoint brings back every number") {
  SavedRun saved;
  const auto a = saved.a.value;
  const auto m = *saved.adamw.state(saved.parameters)[0].value;
  map(saved.a.value).setZero();
  saved.adamw = AdamW<float>();
  const auto state = load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run");
  CHECK(map(saved.a.value) == map(a));
  CHECK(map(*saved.adamw.state(saved.parameters)[0].value) == map(m));
  CHECK(saved.adamw.steps() == 1);
  CHECK(state.step == 3);
  CHECK(state.seconds == 1.25);
  CHECK(state.sampler.state() == Random(11).state());
  CHECK(state.losses == std::vector<double>{3.0, 2.5, 0.1});
  CHECK(state.gradient_norm == 0.1);
  REQUIRE(state.validation.size() == 1);
  CHECK(state.validation[0].loss == 2.75);
}

TEST_CASE("a checkpoint of another run, or another shape, is refused and changes nothing") {
  SavedRun saved;
  CHECK_THROWS_WITH(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "that run"),
                    ContainsSubstring("another run"));
  saved.a.value = make_matrix<float>(3, 2, 9.0F);
  map(saved.b.value).setConstant(5.0F);
  CHECK_THROWS_WITH(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run"),
                    ContainsSubstring("shape"));
  CHECK(saved.b.value(0, 0) == 5.0F);
  saved.a = Parameter<float>("other", make_matrix<float>(2, 3, 0.0F));
  CHECK_THROWS_AS(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run"), Error);
}

TEST_CASE("a checkpoint whose lists do not go with its step, or with its best weights, is refused") {
  SavedRun saved;
  const auto refuse = [&] {
    save_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, saved.state, "this run");
    CHECK_THROWS_WITH(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run"),
                      ContainsSubstring("contradicts itself"));
  };
  saved.state.losses.clear();
  refuse();
  saved.state.step = -1;
  refuse();
  saved.state.step = 0;
  saved.state.validation.clear();
  saved.best = {saved.a.value, saved.b.value};
  refuse();
}

TEST_CASE("every truncation and every damaged byte of a checkpoint is refused") {
  SavedRun saved;
  const std::string good = read_text(saved.path);
  const auto refuse = [&](const std::string& bytes) {
    std::filesystem::remove(saved.path);  // ext4 flushes to the disk what is written over a file
    std::ofstream(saved.path, std::ios::binary | std::ios::trunc) << bytes;
    CHECK_THROWS_AS(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run"), Error);
  };
  for (std::size_t size = 0; size < good.size(); size += 13) {
    refuse(good.substr(0, size));
  }
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    refuse(damaged);
  }
  std::filesystem::remove(saved.path);
  CHECK_THROWS_AS(load_checkpoint(saved.path, saved.parameters, saved.adamw, saved.best, "this run"), Error);
}

TEST_CASE("a checkpoint that cannot be written leaves the one before") {
  SavedRun saved;
  const std::string good = read_text(saved.path);
  CHECK_THROWS_AS(save_checkpoint(saved.folder.path() / "missing" / "run.safetensors", saved.parameters, saved.adamw,
                                  saved.best, saved.state, "this run"),
                  Error);
  CHECK(read_text(saved.path) == good);
}
