// Launches: their configuration and arguments are checked, then they wait in their stream.
#include "emulation/launch.h"

#include <memory>

#include <fmt/format.h>

#include "runtime/arena.h"
#include "runtime/arguments.h"
#include "runtime/counters.h"
#include "runtime/device.h"
#include "runtime/failure.h"
#include "runtime/fault.h"
#include "runtime/grid.h"
#include "runtime/stream.h"
#include "runtime/symbols.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

std::size_t volume(const dim3& extent) { return std::size_t{extent.x} * extent.y * extent.z; }

bool is_within(const dim3& extent, const dim3& most) {
  return volume(extent) > 0 && extent.x <= most.x && extent.y <= most.y && extent.z <= most.z;
}

std::string text_of(const dim3& extent) {
  return fmt::format("({},{},{})", extent.x, extent.y, extent.z);
}

cudaError_t read_attributes(const cudaLaunchConfig_t& config, Launch& launch) {
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const cudaLaunchAttribute& attribute = config.attrs[i];
    if (attribute.id == cudaLaunchAttributeCooperative) {
      launch.cooperative = attribute.val.cooperative != 0;
    } else if (attribute.id == cudaLaunchAttributeClusterDimension) {
      const auto& extent = attribute.val.clusterDim;
      launch.cluster = extent.x;
      if (extent.y != 1 || extent.z != 1) {
        return answer(cudaErrorNotSupported, launch.name.c_str(), "clusters of several dimensions");
      }
    } else if (attribute.id != cudaLaunchAttributeIgnore &&
               attribute.id != cudaLaunchAttributePriority) {
      return answer(cudaErrorNotSupported, launch.name.c_str(),
                    fmt::format("launch attribute {}", static_cast<int>(attribute.id)));
    }
  }
  return cudaSuccess;
}

cudaError_t check_configuration(const Launch& launch) {
  const char* name = launch.name.c_str();
  if (!is_within(launch.grid, kMaxGrid)) {
    return answer(cudaErrorInvalidConfiguration, name, "grid of " + text_of(launch.grid));
  }
  if (!is_within(launch.block, kMaxBlock) || volume(launch.block) > kThreadsPerBlock) {
    return answer(cudaErrorInvalidConfiguration, name, "block of " + text_of(launch.block));
  }
  if (launch.dynamic_bytes > dynamic_shared_limit(launch.call.kernel)) {
    return answer(cudaErrorInvalidValue, name,
                  fmt::format("{} bytes of dynamic shared memory", launch.dynamic_bytes));
  }
  const unsigned most_in_cluster = cluster_limit(launch.call.kernel);
  if (launch.cluster == 0 || launch.cluster > most_in_cluster ||
      launch.grid.x % launch.cluster != 0) {
    return answer(
        cudaErrorInvalidClusterSize, name,
        fmt::format("clusters of {} in a grid of {}", launch.cluster, text_of(launch.grid)));
  }
  const int at_once =
      kMultiprocessors * blocks_per_multiprocessor(volume(launch.block), launch.dynamic_bytes);
  if (launch.cooperative && volume(launch.grid) > static_cast<std::size_t>(at_once)) {
    return answer(cudaErrorCooperativeLaunchTooLarge, name,
                  fmt::format("{} blocks where {} fit", volume(launch.grid), at_once));
  }
  return cudaSuccess;
}

void run(const Launch& launch) {
  if (!check_arguments(launch, When::executed)) return;
  ++counted().kernels[launch.name];
  Grid(launch).run();
  const std::string damage = device_memory().find_damage() + pinned_memory().find_damage();
  if (!damage.empty()) fail("kernel " + launch.name + ": out of bounds: " + damage);
}

}  // namespace

cudaError_t launch(const cudaLaunchConfig_t* config, Call call) {
  const Turn turn;
  if (config == nullptr || (config->numAttrs > 0 && config->attrs == nullptr)) {
    return answer(cudaErrorInvalidValue, "cudaLaunchKernelEx");
  }
  if (call.kernel == nullptr) return answer(cudaErrorInvalidDeviceFunction, "cudaLaunchKernelEx");
  catch_faults();
  std::string name = object_of(call.kernel).name_of(call.kernel);
  const auto launch =
      std::make_shared<Launch>(Launch{std::move(call), std::move(name), config->gridDim,
                                      config->blockDim, config->dynamicSmemBytes});
  if (const cudaError_t error = read_attributes(*config, *launch)) return error;
  if (const cudaError_t error = check_configuration(*launch)) return error;
  if (!check_arguments(*launch, When::called)) {
    return answer(cudaErrorInvalidValue, launch->name.c_str());
  }
  const CUstream_st* stream = find_stream(config->stream);
  const bool captured = stream != nullptr && stream->capture;
  const cudaError_t error =
      enqueue(config->stream, {launch->name, [launch] { run(*launch); }}, launch->name.c_str());
  if (error == cudaSuccess && !captured) ++counted().launches;
  return error;
}

}  // namespace emulation
