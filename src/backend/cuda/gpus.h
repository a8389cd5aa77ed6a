// The GPUs of the machine.
#pragma once

#include <vector>

#include <kilat/device.h>

namespace kilat {

// All GPUs that CUDA lists, usable or not.
std::vector<Gpu> list_gpus();

}  // namespace kilat
