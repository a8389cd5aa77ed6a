// A batch's bytes by feature.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kilat {

// Features [begin, end) of rows of bytes, [·, features], to [features][stride]; zeros follow the
// rows' bytes. `begin` is a multiple of kSquare, and so is `end` or it is `features`; rows of `to`
// are written up to the next multiple.
struct Transposition {
  static constexpr std::size_t kSquare = 16;

  const std::uint8_t* bytes = nullptr;
  std::size_t features = 0;
  const std::uint32_t* order = nullptr;  // of the rows; null: consecutive ones from `first` on
  std::size_t first = 0, rows = 0;
  std::uint8_t* to = nullptr;
  std::size_t stride = 0;
  std::size_t begin = 0, end = 0;
};
void transpose(const Transposition& t);

}  // namespace kilat
