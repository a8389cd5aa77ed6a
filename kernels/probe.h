// Whether the current device can run what was compiled.
#pragma once

namespace kilat::kernels {

// False when the build has neither code nor PTX for the current device.
bool has_kernels();

}  // namespace kilat::kernels
