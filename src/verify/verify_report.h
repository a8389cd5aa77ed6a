// What `kilat verify` says, in words and as JSON.
#pragma once

#include <string>

#include <kilat/device.h>

#include "report/json.h"
#include "train/workload.h"
#include "verify/lockstep.h"

namespace kilat {

struct VerifyReport {
  const Workload& work;
  const Device& tested;
  const Device& truth;
  const LockstepResult& result;
};

// A table of at most 80 columns, and the verdict.
std::string verify_text(const VerifyReport& report);

Json verify_json(const VerifyReport& report);

}  // namespace kilat
