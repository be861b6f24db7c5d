// SPDX-License-Identifier: Apache-2.0
// Settings that both native engines have, and the device that config.client describes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/noise/certificate.hpp"
#include "multidevice/session/personality.hpp"

namespace waxwing::multidevice {

struct NativeSettings {
  std::string endpoint = "wss://web.whatsapp.com/ws/chat";
  PublicKey root_key = kWhatsAppRootKey;
  std::optional<ClientVersion> version;  // nothing: the built-in one
  std::int64_t time_scale = 1;           // the client's clock runs that many times as fast
};
// Throws waxwing::plugin::Error(WAX_E_INVALID) that names the field. `section` is the engine's.
[[nodiscard]] NativeSettings parse_native_settings(std::string_view json, std::string_view section);

struct DeviceName {
  std::string device;   // "Ubuntu"
  std::string browser;  // "Chrome"; another name or none: a device of unknown kind
};
// Reads {"deviceName", "browserName"} of an engine's settings over the defaults.
[[nodiscard]] DeviceName parse_device_name(std::string_view json, DeviceName defaults);
// Reads {"client": {"deviceName", "browserName"}} over the defaults.
[[nodiscard]] DeviceName parse_client(std::string_view session_config, DeviceName defaults);
// What the phone shows, and what QR and linking codes say.
[[nodiscard]] DeviceProfile make_profile(const DeviceName& name);

}  // namespace waxwing::multidevice
