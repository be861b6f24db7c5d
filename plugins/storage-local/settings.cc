// SPDX-License-Identifier: Apache-2.0
// Parsing of the configuration; the host has checked it with the schema, other hosts may not.
#include "settings.hpp"

#include <nlohmann/json.hpp>

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw plugin::Error(WAX_E_INVALID, "storage-local: " + field + " " + why);
}

std::uint32_t number(const std::string& field, const nlohmann::json& value, std::uint32_t least,
                     std::uint32_t most) {
  if (!value.is_number_integer() || value < least || value > most) {
    refuse(field,
           "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value.get<std::uint32_t>();
}

}  // namespace

Settings Settings::parse(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) {
    refuse("the configuration", "must be a JSON object");
  }
  Settings settings;
  for (const auto& [field, value] : object.items()) {
    if (field == "path") {
      if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
        refuse(field, "must be a directory");
      }
      settings.path = value.get<std::string>();
    } else if (field == "shards") {
      settings.shards = number(field, value, 1, 256);
    } else if (field == "cache_kb") {
      settings.cache_kb = number(field, value, 16, 65'536);
    } else if (field == "busy_timeout_ms") {
      settings.busy_timeout_ms = number(field, value, 0, 60'000);
    } else if (field == "checkpoint_pages") {
      settings.checkpoint_pages = number(field, value, 10, 100'000);
    } else if (field == "flush_kb") {
      settings.flush_kb = number(field, value, 16, 1'048'576);
    } else if (field == "flush_after_ms") {
      settings.flush_after_ms = number(field, value, 10, 600'000);
    } else {
      refuse(field,
             "is not known; there are path, shards, cache_kb, busy_timeout_ms, checkpoint_pages, "
             "flush_kb and flush_after_ms");
    }
  }
  if (settings.path.empty()) {
    refuse("path", "is missing");
  }
  return settings;
}

}  // namespace waxwing::storage_local
