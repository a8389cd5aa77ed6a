// report.html: a run on one page that needs no other file.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kilat/train.h>

#include "report/confusion.h"

namespace kilat {

// A label and what stands beside it.
using Fact = std::pair<std::string, std::string>;

struct ReportInput {
  std::string title;
  std::vector<Fact> facts;    // what only the caller knows: recipe, data, device, seed, version
  std::vector<Fact> options;  // every option of the recipe
  const TrainingResult& result;
  std::string evaluated_name;               // of the data behind the two below: "test"
  const Confusion* confusion = nullptr;     // may be absent
  std::span<const Misclassified> mistakes;  // worst first; may be empty
};

// The page: valid HTML for any texts and numbers in `input`, without scripts and without network
// requests.
std::string html_report(const ReportInput& input);

}  // namespace kilat
