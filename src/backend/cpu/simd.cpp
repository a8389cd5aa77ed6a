#include "backend/cpu/simd.h"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/cpu/onednn.h"

namespace kilat {
namespace {

struct Set {
  Simd set;
  const char* name;       // for KILAT_CPU
  const char* text;       // for people
  dnnl::cpu_isa largest;  // for oneDNN, which has nothing below SSE4.1
};
constexpr std::array<Set, 3> kSets = {
#if defined(__x86_64__)
    {{Simd::baseline, "sse2", "SSE2", dnnl::cpu_isa::sse41},
#else
    {{Simd::baseline, "baseline", "baseline", dnnl::cpu_isa::all},
#endif
     {Simd::avx2, "avx2", "AVX2", dnnl::cpu_isa::avx2},
     {Simd::avx512, "avx512", "AVX-512", dnnl::cpu_isa::avx512_core}}};

Simd widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    return Simd::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Simd::avx2;
#endif
  return Simd::baseline;
}

Simd choose() {
  const char* wanted = std::getenv("KILAT_CPU");
  if (wanted == nullptr || *wanted == '\0') return widest();
  std::string names;
  for (const Set& s : kSets) {
    if (s.set > widest()) break;
    if (std::string_view(wanted) == s.name) {
      dnnl::set_max_cpu_isa(s.largest);
      return s.set;
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", s.name);
  }
  throw Error(
      fmt::format("KILAT_CPU={}: not an instruction set of this CPU; it has {}", wanted, names));
}

}  // namespace

Simd simd() {
  static const Simd chosen = choose();
  return chosen;
}

const char* name_of(Simd set) {
  for (const Set& s : kSets) {
    if (s.set == set) return s.text;
  }
  return "";
}

}  // namespace kilat
