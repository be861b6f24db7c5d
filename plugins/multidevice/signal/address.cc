// SPDX-License-Identifier: Apache-2.0
// Names of devices in Signal's rows.
#include "multidevice/signal/address.hpp"

namespace waxwing::multidevice {

std::string signal_address(const Jid& device) {
  std::string out = device.user;
  if (device.server == server::kLid) {
    out += "_1";
  } else if (device.server == server::kHosted) {
    out += "_128";
  } else if (device.server == server::kHostedLid) {
    out += "_129";
  }
  out += '.';
  out += std::to_string(device.device);
  return out;
}

}  // namespace waxwing::multidevice
