// SPDX-License-Identifier: Apache-2.0
// What a message says, found in its content.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "multidevice/content/names.hpp"

namespace waxwing::multidevice::content {

// ProtocolMessage.Type; others are the devices' own affairs.
enum class ProtocolType : int { Revoke = 0, Edit = 14 };

// The content without the wrappers around it (view once, ephemeral, edited, …).
[[nodiscard]] const nlohmann::json& unwrap(const nlohmann::json& message);

enum class Meaning : std::uint8_t {
  Nothing,  // between devices: sender keys, history, votes that cannot be read
  Message,
  Reaction,
  Edit,
  Revoke,
};
// All of these take unwrapped content in Dialect::Plain.
[[nodiscard]] Meaning meaning(const nlohmann::json& content);
// Text or caption, a string; nullptr when there is none.
[[nodiscard]] const nlohmann::json* body(const nlohmann::json& content);
// {"url": null, "mimetype", "filename"} of an attached file, or null.
[[nodiscard]] nlohmann::json media(const nlohmann::json& content);
[[nodiscard]] nlohmann::json location(const nlohmann::json& content);
[[nodiscard]] nlohmann::json vcards(const nlohmann::json& content);
// The message that this one answers, without `_data`; or null.
[[nodiscard]] nlohmann::json reply_to(const nlohmann::json& content);
// The message that a reaction, an edit or a revoke is about; null when it names none.
[[nodiscard]] const nlohmann::json* target_key(const nlohmann::json& content);
// A member of a member …, or nullptr.
[[nodiscard]] const nlohmann::json* find_path(const nlohmann::json& object, std::string_view path);
[[nodiscard]] std::string text_at(const nlohmann::json& object, std::string_view path);

}  // namespace waxwing::multidevice::content
