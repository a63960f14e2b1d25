// SPDX-License-Identifier: MIT
/// @file
/// All libraries that this build found, each with the ways in which its expert would do the product.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/peers_eigen.hpp"
#include "support/peers_libxsmm.hpp"
#include "support/peers_onednn.hpp"
#include "support/peers_openblas.hpp"

namespace bench {

/// Names and versions.
inline std::vector<std::pair<std::string, std::string>> peer_versions() {
  std::vector<std::pair<std::string, std::string>> all{{"Eigen", eigen::version()}};
#if defined(BENCH_OPENBLAS)
  all.emplace_back("OpenBLAS", openblas::version());
#endif
#if defined(BENCH_ONEDNN)
  all.emplace_back("oneDNN", onednn::version());
#endif
#if defined(BENCH_LIBXSMM)
  all.emplace_back("libxsmm", libxsmm::version());
#endif
  return all;
}

/// The threads of ampsft and of every peer.
inline void set_threads(int count) {
  ampsft::set_thread_count(count);  // OpenMP's and Eigen's, too
#if defined(BENCH_OPENBLAS)
  openblas_set_num_threads(count);
#endif
}

/// Everyone's ways to the product; operands must stay where they are. Make them after `set_threads`.
template <class T>
void add_peers(const Product<T>& p, std::vector<Contender>& to) {
  eigen::add_contenders(p, to);
#if defined(BENCH_OPENBLAS)
  openblas::add_contenders(p, to);
#endif
#if defined(BENCH_ONEDNN)
  onednn::add_contenders(p, to);
#endif
#if defined(BENCH_LIBXSMM)
  libxsmm::add_contenders(p, to);
#endif
}

/// The same with the result rounded to bfloat16 into `out`; `p.c` is not used.
inline void add_rounded_peers(const Product<float>& p, ampsft::BFloat16* out, std::vector<Contender>& to) {
  eigen::add_rounded_contenders(p, out, to);
#if defined(BENCH_OPENBLAS)
  openblas::add_rounded_contenders(p, out, to);
#endif
#if defined(BENCH_ONEDNN)
  onednn::add_rounded_contenders(p, out, to);
#endif
#if defined(BENCH_LIBXSMM)
  libxsmm::add_rounded_contenders(p, out, to);
#endif
}

}  // namespace bench
