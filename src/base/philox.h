// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011), by Random123.
#pragma once

#include <cstdint>

// Philox needs no vector instructions, whose header takes the compiler two seconds a file.
#define R123_USE_SSE 0
#define R123_USE_X86INTRIN_H 0
#include <Random123/philox.h>

namespace kilat {

// Four uniform 32-bit numbers, indexed [0] to [3].
using RandomBits = r123::Philox4x32::ctr_type;

// What a stream of random numbers is for; part of Philox's counter, so that streams differ.
enum class Purpose : std::uint32_t { initialise = 1, shuffle = 2, split = 3, augment = 4 };

// Four independent uniform 32-bit numbers for (seed, purpose, epoch, index). `epoch` is the layer
// where there is no epoch. The same on every backend, and callable from device code.
R123_CUDA_DEVICE inline RandomBits philox(std::uint64_t seed, Purpose purpose, std::uint32_t epoch,
                                          std::uint64_t index) {
  const r123::Philox4x32::key_type key = {
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const RandomBits counter = {{static_cast<std::uint32_t>(index),
                               static_cast<std::uint32_t>(index >> 32), epoch,
                               static_cast<std::uint32_t>(purpose)}};
  return r123::Philox4x32()(counter, key);
}

}  // namespace kilat
