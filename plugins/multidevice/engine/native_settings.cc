// SPDX-License-Identifier: Apache-2.0
// Settings from JSON.
#include "multidevice/engine/native_settings.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Json parse_object(std::string_view json) {
  Json root = Json::parse(json, nullptr, false);
  return root.is_object() ? root : Json::object();
}

DeviceName device_name(const Json& object, DeviceName defaults) {
  if (std::string device = text_of(object, "deviceName"); !device.empty()) {
    defaults.device = std::move(device);
  }
  if (std::string browser = text_of(object, "browserName"); !browser.empty()) {
    defaults.browser = std::move(browser);
  }
  return defaults;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// Kinds of client: the name that people give, DeviceProps.PlatformType, the id in codes.
struct Kind {
  std::string_view name;
  std::uint32_t platform_type;
  std::string_view client_type;
};
constexpr std::array<Kind, 8> kKinds = {{{"chrome", 1, "1"},
                                         {"firefox", 2, "3"},
                                         {"ie", 3, "4"},
                                         {"opera", 4, "5"},
                                         {"safari", 5, "6"},
                                         {"edge", 6, "2"},
                                         {"desktop", 7, "7"},
                                         {"uwp", 21, "8"}}};

// Names that WhatsApp takes in "Browser (OS)" of a linking code.
bool is_common_system(const std::string& device) {
  constexpr std::array<std::string_view, 5> kSystems = {"Windows", "Mac OS", "Linux", "Ubuntu",
                                                        "Android"};
  return std::find(kSystems.begin(), kSystems.end(), device) != kSystems.end();
}

}  // namespace

NativeSettings parse_native_settings(std::string_view json, std::string_view section) {
  const auto reject = [&](const char* field, const char* rule) {
    throw plugin::Error(WAX_E_INVALID,
                        std::string(section).append(".").append(field).append(" ").append(rule));
  };
  const Json root = parse_object(json);
  NativeSettings settings;
  if (std::string endpoint = text_of(root, "endpoint"); !endpoint.empty()) {
    settings.endpoint = std::move(endpoint);
  }
  if (const std::string key = text_of(root, "root_key"); !key.empty()) {
    const auto octets = from_hex(key);
    const auto array = octets ? to_array<kKeyBytes>(*octets) : std::nullopt;
    if (!array) {
      reject("root_key", "must be 64 hexadecimal digits");
    }
    settings.root_key = *array;
  }
  if (const std::string version = text_of(root, "version");
      !version.empty() && version.rfind("auto-", 0) != 0) {
    settings.version = ClientVersion::parse(version);
    if (!settings.version) {
      reject("version", "must be three numbers such as 2.3000.1045649367");
    }
  }
  if (const auto scale = root.find("time_scale");
      scale != root.end() && scale->is_number_unsigned()) {
    settings.time_scale = std::max<std::int64_t>(1, scale->get<std::int64_t>());
  }
  return settings;
}

DeviceName parse_device_name(std::string_view json, DeviceName defaults) {
  return device_name(parse_object(json), std::move(defaults));
}

DeviceName parse_client(std::string_view session_config, DeviceName defaults) {
  const Json root = parse_object(session_config);
  const auto client = root.find("client");
  return client != root.end() && client->is_object() ? device_name(*client, std::move(defaults))
                                                     : defaults;
}

DeviceProfile make_profile(const DeviceName& name) {
  DeviceProfile profile;
  profile.os = name.device;
  profile.platform_type = 0;
  profile.client_type = "9";
  std::string browser = "Chrome";
  const std::string wanted = lower(name.browser);
  for (const Kind& kind : kKinds) {
    if (wanted == kind.name) {
      profile.platform_type = kind.platform_type;
      profile.client_type = kind.client_type;
      browser = name.browser;
    }
  }
  profile.display = browser + " (" + (is_common_system(name.device) ? name.device : "Linux") + ")";
  return profile;
}

}  // namespace waxwing::multidevice
