// What Debian 12's clang-tidy lacks of the C++20 library that g++ compiles the sources with.
#pragma once

#include <cstdint>

#if __clang_major__ < 16
namespace std {
struct source_location {
  static consteval source_location current() { return {}; }
  constexpr std::uint_least32_t line() const { return 0; }
  constexpr std::uint_least32_t column() const { return 0; }
  constexpr const char* file_name() const { return ""; }
  constexpr const char* function_name() const { return ""; }
};
}  // namespace std
#endif
