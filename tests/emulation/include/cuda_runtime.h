// Stands in for CUDA's runtime header: the language, the device functions and the most used calls.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <math.h>

#include "emulation/atomics.h"
#include "emulation/collectives.h"
#include "emulation/driver_types.h"
#include "emulation/intrinsics.h"
#include "emulation/language.h"
#include "emulation/launch.h"
#include "emulation/runtime_api.h"
#include "emulation/vector_types.h"
