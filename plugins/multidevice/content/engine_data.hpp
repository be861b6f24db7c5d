// SPDX-License-Identifier: Apache-2.0
// `_data`: what whatsmeow and Baileys would say, by the names of their own structures.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "multidevice/binary/node.hpp"
#include "multidevice/content/wire_json.hpp"
#include "multidevice/message/types.hpp"

namespace waxwing::multidevice::content {

// types/events.Message: Info, Message and flags. `message` in that engine's dialect, as below.
[[nodiscard]] nlohmann::json whatsmeow_data(const MessageInfo& info, nlohmann::json message);
// proto.WebMessageInfo: key, message, messageTimestamp, pushName.
[[nodiscard]] nlohmann::json baileys_data(const MessageInfo& info, nlohmann::json message);
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
