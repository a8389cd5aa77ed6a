#pragma once

namespace kilat::kernels {

constexpr unsigned kWarp = 32;  // threads that run in step

}  // namespace kilat::kernels
