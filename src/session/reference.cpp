// Instantiates the training session for the reference backend.
#include "backend/reference/reference.h"

#include "session/devices.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"

namespace kilat {

std::unique_ptr<Trainer> make_reference_trainer(int threads, const Network& network,
                                                const SessionData& data, const Recipe& recipe,
                                                std::span<const float> rates) {
  return std::make_unique<DeviceTrainer<Reference>>(std::make_unique<Reference>(threads), network,
                                                    data, recipe, rates);
}

std::unique_ptr<Classifier> make_reference_classifier(int threads, const Network& network) {
  return std::make_unique<DeviceClassifier<Reference>>(std::make_unique<Reference>(threads),
                                                       network);
}

}  // namespace kilat
