// What the stand-ins of CUDA's libraries share.
#pragma once

#include <cstddef>
#include <string>

#include "cublas_v2.h"

namespace emulation {

// Keeps an error for api_errors(), and returns it.
cublasStatus_t status(cublasStatus_t status, const char* call, const std::string& why = "");

// The status that a queued call's error means.
cublasStatus_t status_of(cudaError_t error);

// Handles and descriptions not destroyed yet, of all libraries.
std::size_t live_library_objects();
void reset_library();

std::size_t live_cublas_objects();
void reset_cublas();
std::size_t live_cublaslt_objects();
void reset_cublaslt();

}  // namespace emulation
