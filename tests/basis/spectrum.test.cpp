// SPDX-License-Identifier: MIT
/// @file
/// The figures of a spectrum against hand-computed values, and its edge cases.
#include <ampsft/basis/spectrum.hpp>

#include <limits>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("R2 counts the mean as explained, the variance share leaves it out") {
  const Spectrum spectrum{.eigenvalues = {6.0, 3.0, 1.0}, .raw_energy = 40.0, .centred_energy = 10.0};
  CHECK(spectrum.width() == 3);
  CHECK(spectrum.r2(0) == Approx(0.75));  // the mean alone
  CHECK(spectrum.r2(1) == Approx(0.90));
  CHECK(spectrum.r2(2) == Approx(0.975));
  CHECK(spectrum.r2(3) == 1.0);
  CHECK(spectrum.variance_share(0) == 0.0);
  CHECK(spectrum.variance_share(1) == Approx(0.6));
  CHECK(spectrum.variance_share(2) == Approx(0.9));
  CHECK(spectrum.variance_share(3) == 1.0);
  CHECK_THROWS_AS(spectrum.r2(4), Error);
  CHECK_THROWS_AS(spectrum.variance_share(-1), Error);
}

TEST_CASE("participation ratio") {
  CHECK(Spectrum{{2.0, 2.0, 2.0, 0.0}, 6.0, 6.0}.participation_ratio() == Approx(3.0));
  CHECK(Spectrum{{5.0, 0.0}, 5.0, 5.0}.participation_ratio() == Approx(1.0));
  CHECK(Spectrum{{6.0, 3.0, 1.0}, 10.0, 10.0}.participation_ratio() == Approx(100.0 / 46.0));
  CHECK(Spectrum{{6e-200, 3e-200, 1e-200}, 1e-199, 1e-199}.participation_ratio() == Approx(100.0 / 46.0));
}

TEST_CASE("rank for a share of the variance") {
  const Spectrum spectrum{.eigenvalues = {6.0, 3.0, 1.0, 0.0}, .raw_energy = 10.0, .centred_energy = 10.0};
  CHECK(spectrum.rank_for_variance(0.0) == 0);
  CHECK(spectrum.rank_for_variance(0.5) == 1);
  CHECK(spectrum.rank_for_variance(0.6) == 1);
  CHECK(spectrum.rank_for_variance(0.61) == 2);
  CHECK(spectrum.rank_for_variance(1.0) == 3);
  for (const double share : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(spectrum.rank_for_variance(share), Error);
  }
}

TEST_CASE("a stack without energy is explained by nothing") {
  const Spectrum zeros{.eigenvalues = {0.0, 0.0}, .raw_energy = 0.0, .centred_energy = 0.0};
  CHECK(zeros.r2(0) == 1.0);
  CHECK(zeros.variance_share(0) == 1.0);
  CHECK(zeros.participation_ratio() == 0.0);
  CHECK(zeros.rank_for_variance(0.95) == 0);
  const Spectrum equal_rows{.eigenvalues = {0.0, 0.0}, .raw_energy = 8.0, .centred_energy = 0.0};
  CHECK(equal_rows.r2(0) == 1.0);
  CHECK(equal_rows.variance_share(0) == 1.0);
}

TEST_CASE("singular values become energies, those that were not computed zeros") {
  TruncatedSvd<float> svd;
  svd.components = make_matrix<float>(1, 4, 0.5F);
  svd.singular_values = make_matrix<double>(1, 2);
  svd.singular_values(0, 0) = 3.0;
  svd.singular_values(0, 1) = 2.0;
  svd.raw_energy = 20.0;
  svd.centred_energy = 13.0;
  const Spectrum spectrum = make_spectrum(svd);
  CHECK(spectrum.eigenvalues == std::vector<double>{9.0, 4.0, 0.0, 0.0});
  CHECK(spectrum.raw_energy == 20.0);
  CHECK(spectrum.centred_energy == 13.0);
}
