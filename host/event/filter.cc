// SPDX-License-Identifier: Apache-2.0
// Matching names of events and kinds of chats.
#include "event/filter.hpp"

#include <algorithm>
#include <utility>

namespace waxwing::event {
namespace {

// Contract 2.7: these have to be asked for by name; the last one is ours.
bool explicit_only(std::string_view type) {
  return type == "engine.event" || type == "state.change" || type == "webhook.dropped";
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Filter::Filter(std::vector<std::string> names) : names_(std::move(names)) {}

Filter Filter::parse(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view name = trimmed(list.substr(0, comma));
    if (!name.empty()) {
      names.emplace_back(name);
    }
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return Filter(std::move(names));
}

bool Filter::matches(std::string_view type) const {
  return std::any_of(names_.begin(), names_.end(), [&](std::string_view name) {
    if (name == "*") {
      return !explicit_only(type);
    }
    if (name.ends_with(".*")) {
      return type.starts_with(name.substr(0, name.size() - 1));
    }
    return name == type;
  });
}

bool Ignore::drops(std::string_view type, std::string_view chat) const {
  if (type == "engine.event") {
    return false;
  }
  if (chat == "status@broadcast") {
    return status;
  }
  return (groups && chat.ends_with("@g.us")) || (channels && chat.ends_with("@newsletter")) ||
         (broadcast && chat.ends_with("@broadcast"));
}

}  // namespace waxwing::event
