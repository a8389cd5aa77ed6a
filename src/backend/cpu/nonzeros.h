// The numbers of a row of pixels that are not zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cpu/sparse.h"

namespace kilat {

std::size_t count_nonzeros(const std::uint8_t* bytes, std::size_t n);

// Lists the bytes that are not zero, in order: kNarrowBlock times their index, and value_of[byte],
// which is scale · byte. Returns their number.
std::size_t list_nonzeros(const std::uint8_t* bytes, std::size_t n, const float* value_of,
                          float scale, SparseEntry* entries);

}  // namespace kilat
