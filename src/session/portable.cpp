// Where the training session meets the portable backend.
#include "backend/portable/portable.h"

#include "session/devices.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"

namespace kilat {

std::unique_ptr<Trainer> make_portable_trainer(int threads, const Network& network,
                                               const SessionData& data, const Recipe& recipe,
                                               std::span<const float> rates) {
  return std::make_unique<DeviceTrainer<Portable>>(std::make_unique<Portable>(threads), network,
                                                   data, recipe, rates);
}

std::unique_ptr<Classifier> make_portable_classifier(int threads, const Network& network) {
  return std::make_unique<DeviceClassifier<Portable>>(std::make_unique<Portable>(threads), network);
}

}  // namespace kilat
