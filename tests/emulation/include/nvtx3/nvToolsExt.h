// Stands in for NVTX: ranges are counted, and their nesting is checked.
#pragma once

#include <cstdint>

using nvtxRangeId_t = std::uint64_t;

int nvtxRangePushA(const char* name);
int nvtxRangePop();
nvtxRangeId_t nvtxRangeStartA(const char* name);
void nvtxRangeEnd(nvtxRangeId_t id);
