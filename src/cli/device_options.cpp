#include "cli/device_options.h"

#include "cli/number.h"

namespace kilat {

void DeviceOptions::add_to(CLI::App& command) {
  command.add_option("--device", device, kDeviceHelp)
      ->group(kDeviceGroup)
      ->type_name("NAME")
      ->take_last();
  command
      .add_option_function<std::string>(
          "--threads", [this](const std::string& text) { set_threads(text); }, kThreadsHelp)
      ->group(kDeviceGroup)
      ->type_name("N")
      ->take_last();
}

Device DeviceOptions::choose() const {
  Device chosen = choose_device(device, threads);
  chosen.graph = graph;
  chosen.sync = sync;
  return chosen;
}

void DeviceOptions::set_threads(const std::string& text) {
  threads = whole_number<int>("threads", text, 0);
}

}  // namespace kilat
