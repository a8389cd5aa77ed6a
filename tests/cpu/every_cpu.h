// The ways in which a Cpu can make the first layer's products, each forced.
#pragma once

#include <string>
#include <vector>

#include "backend/cpu/simd.h"
#include "cpu/amx_emulation.h"
#include "ops/op_test.h"

namespace kilat {

struct FirstLayerWay {
  std::string name;
  FirstLayer first_layer;
  const Bf16Units* units;
  std::vector<int> threads = {1, 2, 3};  // worth trying: fewer where it is slow

  Cpu on(int n) const { return Cpu({.threads = n, .first_layer = first_layer, .units = units}); }
};

// AMX is emulated where this CPU lacks it; AVX512-BF16, whose vectors are more than an emulation of
// a few instructions, is left out there.
inline std::vector<FirstLayerWay> first_layer_ways() {
  std::vector<FirstLayerWay> ways = {{"fp32", FirstLayer::fp32, nullptr},
                                     {"exact, plain loops", FirstLayer::exact, plain_bf16(), {2}},
                                     {"whole", FirstLayer::whole, nullptr}};
  if (has_avx512_bf16())
    ways.push_back({"exact, AVX512-BF16", FirstLayer::exact, avx512_bf16(), {1, 3}});
  if (emulate_amx()) ways.push_back({"exact, AMX", FirstLayer::exact, amx(), {3}});
  return ways;
}

}  // namespace kilat
