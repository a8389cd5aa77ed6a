#include "bench/bench_json.h"

#include <optional>

#include "session/devices.h"

namespace kilat {
namespace {

Json percentiles_json(const Percentiles& p) {
  return {{"median", p.median}, {"p5", p.p5}, {"p95", p.p95}};
}

Json parts_json(const Parts& parts) {
  if (parts.empty()) return nullptr;
  Json json = Json::object();
  for (const auto& [name, amount] : parts) json[name] = amount;
  return json;
}

Json until_json(const std::optional<TimeToAccuracy>& until) {
  if (!until) return nullptr;
  return {{"wanted", until->wanted},
          {"part", until->part},
          {"reached", until->reached},
          {"accuracy", json_number(until->accuracy)},
          {"epochs", until->epochs},
          {"train_seconds", until->train_seconds},
          {"total_seconds", until->total_seconds}};
}

Json clocks_json(const std::optional<GpuClocks>& clocks) {
  if (!clocks) return nullptr;
  return {{"sm_megahertz", clocks->sm_megahertz},
          {"max_sm_megahertz", clocks->max_sm_megahertz},
          {"slowed_by", clocks->slowed_by}};
}

}  // namespace

Json bench_json(const Workload& work, const BenchResult& result) {
  const Measurement& m = result.measurement;
  return {{"device", m.device.name},
          {"device_text", m.device.text},
          {"threads", m.device.threads},
          {"engine", json_text(engine_text(m.device, work))},
          {"first_layer", first_layer_text(m.device, work.recipe, work.network, work.data.train)},
          {"recipe", work.recipe.name},
          {"network", work.network.text()},
          {"samples", work.data.train.size()},
          {"batch", m.batch},
          {"epochs", m.epoch_seconds.size()},
          {"samples_per_second", m.samples_per_second},
          {"epoch_seconds", percentiles_json(m.epoch)},
          {"gflops", m.gflops},
          {"peak_gflops", json_number(m.peak.gflops)},
          {"peak_source", m.peak.source},
          {"phases", parts_json(m.phases)},
          {"step_clocks", parts_json(m.step_clocks)},
          {"cold_start_seconds", json_number(m.cold_start_seconds)},
          {"until", until_json(result.until)},
          {"clocks", clocks_json(m.clocks)}};
}

}  // namespace kilat
