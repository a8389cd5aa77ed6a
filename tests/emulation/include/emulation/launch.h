// A kernel's launch: its arguments are copied and looked through, then it waits in its stream.
#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "emulation/driver_types.h"

namespace emulation {

struct Argument {
  std::vector<std::byte> bytes;  // in which pointers may stand; none of a number
  bool pointer;
};

// A kernel with its arguments, ready to be run by any number of threads.
struct Call {
  const void* kernel;
  std::function<void()> run;  // as one thread
  std::vector<Argument> arguments;
};

cudaError_t launch(const cudaLaunchConfig_t* config, Call call);

template <class T>
Argument argument_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>, "kernel arguments are copied byte by byte");
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return {{}, false};
  } else {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    return {{bytes, bytes + sizeof value}, std::is_pointer_v<T>};
  }
}

}  // namespace emulation

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...),
                               A&&... arguments) {
  const std::tuple<P...> values(std::forward<A>(arguments)...);
  return emulation::launch(
      config, {reinterpret_cast<const void*>(kernel), [=] { std::apply(kernel, values); },
               std::apply(
                   [](const P&... value) {
                     return std::vector<emulation::Argument>{emulation::argument_of(value)...};
                   },
                   values)});
}
