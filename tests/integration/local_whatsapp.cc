// SPDX-License-Identifier: Apache-2.0
// Starting the local WhatsApp, and asking it where it listens.
#include "integration/local_whatsapp.hpp"

namespace waxwing::testing {

LocalWhatsApp::LocalWhatsApp() : program_({WAX_SIMULATOR_BINARY}) {
  info_ = Value::parse(program_.line());
  const std::string control = info_["control"].text();
  control_port_ = static_cast<std::uint16_t>(std::stoi(control.substr(control.rfind(':') + 1)));
  http_ = std::make_unique<HttpClient>(control_port_);
}

}  // namespace waxwing::testing
