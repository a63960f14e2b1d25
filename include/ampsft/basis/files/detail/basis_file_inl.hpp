// SPDX-License-Identifier: MIT
/// @file
/// Bodies of basis_file.hpp.
#pragma once

#include <ampsft/basis/detail/read_metadata.hpp>
#include <ampsft/basis/files/basis_file.hpp>
#include <ampsft/basis/source.hpp>
#include <ampsft/basis/universal_basis.hpp>
#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors_writer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

template <Scalar T>
std::string basis_hash(const UniversalBasis<T>& basis) {
  Checksum checksum;
  for (const auto* matrix : {&basis.components(), &basis.mean()}) {
    checksum.update(std::as_bytes(std::span(matrix->data(), matrix->size())));
  }
  return hash_text(checksum.value());
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE nlohmann::json to_json(const Spectrum& spectrum) {
  return {{"raw_energy", spectrum.raw_energy},
          {"centred_energy", spectrum.centred_energy},
          {"sum_of_squares", spectrum.sum_of_squares},
          {"row_width", spectrum.row_width}};
}

AMPSFT_HEADER_INLINE Spectrum spectrum_from(const nlohmann::json& json, const Matrix<double>& singular_values) {
  Spectrum spectrum;
  double sum = 0.0;
  for (const double sigma : singular_values.storage()) {
    require(std::isfinite(sigma) && sigma >= 0.0, "a singular value is negative or not finite");
    require(spectrum.eigenvalues.empty() || sigma * sigma <= spectrum.eigenvalues.back(),
            "its singular values do not descend");
    spectrum.eigenvalues.push_back(sigma * sigma);
    sum += sigma * sigma;
  }
  spectrum.raw_energy = json.at("raw_energy").get<double>();
  spectrum.centred_energy = json.at("centred_energy").get<double>();
  spectrum.sum_of_squares = json.at("sum_of_squares").get<double>();
  spectrum.row_width = integer_at(json, "row_width");
  constexpr double rounding = 1.0 + 1e-4;  // of values and energies that were found apart
  require(std::isfinite(spectrum.raw_energy) && spectrum.sum_of_squares >= 0.0 && sum >= 0.0 &&
              sum <= rounding * spectrum.centred_energy && spectrum.centred_energy <= rounding * spectrum.raw_energy,
          "its singular values hold the energy ", sum, ", its rows ", spectrum.centred_energy,
          " around their mean and ", spectrum.raw_energy, " in all, which cannot be");
  require(spectrum.row_width == 0 || spectrum.row_width >= spectrum.computed(), "it has ", spectrum.computed(),
          " singular values, more than its width of ", spectrum.row_width);
  return spectrum;
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
void save_bases(const std::filesystem::path& path, const BasisFile<T>& file) {
  SafetensorsWriter writer;
  std::deque<Matrix<double>> sigmas;  // the writer keeps views
  nlohmann::json json = {{"version", 1}, {"source", file.source}, {"stacks", nlohmann::json::object()}};
  for (const auto& [stack, basis, matrices] : file.bases) {
    const std::string name = "basis." + stack;
    auto& entry = json["stacks"][stack];
    entry = {{"kind", basis.kind()},
             {"rank", basis.rank()},
             {"width", basis.width()},
             {"hash", basis_hash(basis)},
             {"matrices", detail::to_json(matrices)}};
    writer.add(name + ".components", basis.components());
    writer.add(name + ".mean", dtype_of<T>, {basis.width()}, basis.mean());
    if (const auto& spectrum = basis.spectrum()) {
      entry["spectrum"] = detail::to_json(*spectrum);
      auto& sigma = sigmas.emplace_back(make_matrix<double>(1, spectrum->computed()));
      std::transform(spectrum->eigenvalues.begin(), spectrum->eigenvalues.end(), sigma.data(),
                     [](double lambda) { return std::sqrt(lambda); });
      writer.add(name + ".singular_values", DType::f64, {spectrum->computed()}, sigma);
    }
  }
  writer.set_metadata(detail::bases_key, json_text(json));
  writer.write(path);
}

template <Scalar T>
BasisFile<T> load_bases(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.verify_checksum();
  return detail::read_metadata(file, detail::bases_key, "bases", [&](const nlohmann::json& json) {
    BasisFile<T> result{.bases = {}, .source = json.at("source").get<std::string>()};
    for (const auto& [stack, entry] : json.at("stacks").items()) {
      try {
        const std::string name = "basis." + stack;
        auto basis = UniversalBasis<T>::from_components(file.read_matrix<T>(name + ".components"),
                                                        file.read_matrix<T>(name + ".mean"),
                                                        entry.at("kind").template get<std::string>());
        require(file.info(name + ".components").dtype != dtype_of<T> ||
                    file.info(name + ".mean").dtype != dtype_of<T> || entry.at("hash") == basis_hash(basis),
                "its directions and mean are not those that its hash was made of");
        if (entry.contains("spectrum")) {
          basis = basis.with_spectrum(detail::spectrum_from(
              entry.at("spectrum"), file.template read_matrix<double>(name + ".singular_values")));
        }
        result.bases.push_back({stack, std::move(basis), detail::source_matrices(entry.at("matrices"))});
      } catch (const Error& error) {
        fail(path, ": the basis of '", stack, "' cannot be used: ", error.what());
      }
    }
    return result;
  });
}

AMPSFT_INSTANCE(std::string basis_hash(const UniversalBasis<float>& basis));
AMPSFT_INSTANCE(std::string basis_hash(const UniversalBasis<double>& basis));
AMPSFT_INSTANCE(void save_bases(const std::filesystem::path&, const BasisFile<float>&));
AMPSFT_INSTANCE(void save_bases(const std::filesystem::path&, const BasisFile<double>&));
AMPSFT_INSTANCE(BasisFile<float> load_bases(const std::filesystem::path&));
AMPSFT_INSTANCE(BasisFile<double> load_bases(const std::filesystem::path&));

}  // namespace ampsft
