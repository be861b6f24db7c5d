// SPDX-License-Identifier: Apache-2.0
// `_data`: what whatsmeow and Baileys would say, by the names of their own structures.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "multidevice/binary/node.hpp"
#include "multidevice/content/wire_json.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice::content {

// types/events.Message: Info, Message and flags, as text. `content` is the message in
// Dialect::Plain, `message` its text in that engine's dialect; {} where there is none.
[[nodiscard]] std::string whatsmeow_data(const MessageInfo& info, const nlohmann::json& content,
                                         std::string_view message);
// proto.WebMessageInfo: key, message, messageTimestamp, pushName.
[[nodiscard]] std::string baileys_data(const MessageInfo& info, std::string_view message);
// The quoted message of a message in that dialect, or {}.
[[nodiscard]] nlohmann::json quoted_data(const nlohmann::json& message);

[[nodiscard]] nlohmann::json whatsmeow_receipt(const ReceiptNews& news, const std::string& id);
[[nodiscard]] nlohmann::json baileys_receipt(const ReceiptNews& news, const std::string& id,
                                             bool from_me);

// types.GroupInfo and GroupMetadata, without their participants.
[[nodiscard]] nlohmann::json whatsmeow_group(const GroupInfo& group);
[[nodiscard]] nlohmann::json baileys_group(const GroupInfo& group);
[[nodiscard]] nlohmann::json whatsmeow_participant(const Participant& who, bool by_lid);
[[nodiscard]] nlohmann::json baileys_participant(const Participant& who, bool by_lid);

// {"tag", "attrs", "content"}: content is a list of nodes, or octets in base64.
[[nodiscard]] nlohmann::json node_json(const Node& node);

}  // namespace waxwing::multidevice::content
