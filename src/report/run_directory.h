// The files that a training run leaves.
#pragma once

#include <filesystem>
#include <string>

#include <kilat/device.h>
#include <kilat/train.h>

#include "report/json.h"
#include "report/output_folder.h"
#include "train/checkpoint.h"

namespace kilat {

// The sets by name and SHA-256, as manifest.json lists them.
Json data_json(const TrainingData& data);

// A run as its files describe it.
struct FinishedRun {
  const Recipe& recipe;
  const TrainingData& data;
  const Device& device;
  const TrainingResult& result;
  const Json& summary;  // what --json prints
  const Json& data_json;
  double wall_time_start = 0;  // seconds since 1970
};

// `wanted`, or a new folder runs/RECIPE-DATE-TIME where that is empty. Throws Error.
OutputFolder make_run_folder(const std::filesystem::path& wanted, const std::string& recipe);

// DIR: model.safetensors, checkpoint.safetensors (of an unfinished run), history.csv,
// manifest.json, report.html, events.out.tfevents.*
class RunDirectory {
 public:
  // In make_run_folder(wanted, recipe). `model` is where the model goes, or empty. Throws Error
  // when either cannot be written.
  RunDirectory(const std::filesystem::path& wanted, const std::string& recipe,
               const std::filesystem::path& model);

  const std::filesystem::path& path() const { return folder_.path(); }
  const std::filesystem::path& model() const { return model_; }
  std::filesystem::path checkpoint() const { return path() / "checkpoint.safetensors"; }
  std::filesystem::path report() const { return path() / "report.html"; }

  // Model first: the rest can be made again.
  void write(const FinishedRun& run) const;

 private:
  OutputFolder folder_;
  std::filesystem::path model_;
};

}  // namespace kilat
