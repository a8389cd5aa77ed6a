// Atomics on integers. There are none on floats: a sum in an order of chance is not reproducible.
#pragma once

#include <concepts>
#include <type_traits>

#include "emulation/collectives.h"

namespace emulation {

template <class T>
concept Atomic =
    std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long>;

// Replaces *address by f of it, and returns what stood there.
template <Atomic T, class F>
T exchange(T* address, F f) {
  pause();
  const T before = *static_cast<volatile T*>(address);
  *static_cast<volatile T*>(address) = f(before);
  return before;
}

}  // namespace emulation

template <emulation::Atomic T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  // Wraps round as the device does, also where T is signed.
  using Unsigned = std::make_unsigned_t<T>;
  return emulation::exchange(address, [&](T before) {
    return static_cast<T>(static_cast<Unsigned>(before) + static_cast<Unsigned>(value));
  });
}
template <emulation::Atomic T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, [&](T before) { return value < before ? value : before; });
}
template <emulation::Atomic T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, [&](T before) { return before < value ? value : before; });
}
template <emulation::Atomic T>
T atomicAnd(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, [&](T before) { return before & value; });
}
template <emulation::Atomic T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, [&](T before) { return before | value; });
}
template <emulation::Atomic T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, [&](T) { return value; });
}
template <emulation::Atomic T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return emulation::exchange(address,
                             [&](T before) { return before == expected ? value : before; });
}
inline unsigned atomicInc(unsigned* address, unsigned limit) {
  return emulation::exchange(address,
                             [&](unsigned before) { return before >= limit ? 0 : before + 1; });
}

inline void __threadfence() { emulation::pause(); }
inline void __threadfence_block() { emulation::pause(); }
