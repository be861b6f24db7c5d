// SPDX-License-Identifier: Apache-2.0
// The shapes of whatsmeow (types.MessageInfo, types.GroupInfo, events.Receipt) and of Baileys
// (WebMessageInfo, GroupMetadata). Facts of their interfaces, which WAHA hands on as they are.
#include "multidevice/content/engine_data.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

std::string rfc3339(std::uint64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::string address(const Jid& jid, std::uint16_t device = 0) {
  if (jid.empty()) {
    return {};
  }
  Jid out = jid;
  if (device != 0) {
    out.device = device;
  }
  return out.to_string();
}

// The name that the chat uses for the person, and the other one.
struct Names {
  Jid used;
  Jid other;
};
Names names_of(const Person& person, bool by_lid) {
  return by_lid ? Names{person.lid.empty() ? person.pn : person.lid, person.pn}
                : Names{person.pn.empty() ? person.lid : person.pn, person.lid};
}

bool by_lid(const MessageInfo& info) {
  return info.chat.is_person() ? info.chat.is_lid() : info.sender.pn.empty();
}

const Json* wrapped(const Json& message, const char* name) {
  return find_path(message, std::string(name) + ".message");
}

}  // namespace

Json whatsmeow_data(const MessageInfo& info, Json message) {
  const bool lid = by_lid(info);
  const Names sender = names_of(info.sender, lid);
  const Names peer = names_of(info.peer, lid);
  const bool once = wrapped(message, "viewOnceMessage") != nullptr;
  const bool once2 = wrapped(message, "viewOnceMessageV2") != nullptr;
  const bool once2x = wrapped(message, "viewOnceMessageV2Extension") != nullptr;
  Json head = {{"Chat", address(info.chat)},
               {"Sender", address(sender.used, info.sender_device)},
               {"IsFromMe", info.from_me},
               {"IsGroup", info.group},
               {"AddressingMode", lid ? "lid" : "pn"},
               {"SenderAlt", address(sender.other, info.sender_device)},
               {"RecipientAlt", info.from_me ? address(peer.other) : ""},
               {"BroadcastListOwner", ""},
               {"BroadcastRecipients", nullptr},
               {"ID", info.id},
               {"ServerID", 0},
               {"Type", info.type},
               {"PushName", info.push_name},
               {"Timestamp", rfc3339(info.timestamp_s)},
               {"Category", info.category},
               {"Multicast", false},
               {"MediaType", ""},
               {"Edit", info.edit},
               {"VerifiedName", nullptr},
               {"DeviceSentMeta", nullptr}};
  return {{"Info", std::move(head)},
          {"IsEphemeral", wrapped(message, "ephemeralMessage") != nullptr},
          {"IsViewOnce", once || once2 || once2x},
          {"IsViewOnceV2", once2},
          {"IsViewOnceV2Extension", once2x},
          {"IsDocumentWithCaption", wrapped(message, "documentWithCaptionMessage") != nullptr},
          {"IsLottieSticker", wrapped(message, "lottieStickerMessage") != nullptr},
          {"IsEdit", wrapped(message, "editedMessage") != nullptr || info.edit == "1"},
          {"UnavailableRequestID", ""},
          {"RetryCount", 0},
          {"Message", unwrap(message)},
          {"RawMessage", std::move(message)}};
}

Json baileys_data(const MessageInfo& info, Json message) {
  const bool lid = by_lid(info);
  Json key = {{"remoteJid", address(info.chat)},
              {"fromMe", info.from_me},
              {"id", info.id},
              {"addressingMode", lid ? "lid" : "pn"}};
  if (info.group) {
    const Names sender = names_of(info.sender, lid);
    key["participant"] = address(sender.used);
    key["participantAlt"] = address(sender.other);
  } else {
    key["remoteJidAlt"] = address(names_of(info.peer, lid).other);
  }
  return {{"key", std::move(key)},
          {"messageTimestamp", info.timestamp_s},
          {"pushName", info.push_name},
          {"broadcast", info.chat.server == server::kBroadcast},
          {"message", std::move(message)}};
}

Json quoted_data(const Json& message) {
  for (const auto& [name, value] : unwrap(message).items()) {
    if (const Json* quoted = find_path(value, "contextInfo.quotedMessage")) {
      return *quoted;
    }
  }
  return Json::object();
}

Json whatsmeow_receipt(const ReceiptNews& news, const std::string& id) {
  const char* type = "";
  switch (news.kind) {
    case ReceiptNews::Kind::Delivered:
      break;
    case ReceiptNews::Kind::Read:
      type = "read";
      break;
    case ReceiptNews::Kind::Played:
      type = "played";
      break;
    case ReceiptNews::Kind::SelfRead:
      type = "read-self";
      break;
    case ReceiptNews::Kind::SelfPlayed:
      type = "played-self";
      break;
    case ReceiptNews::Kind::Failed:
      type = "retry";
      break;
  }
  const Names sender = names_of(news.sender, news.chat.is_lid());
  return {{"Chat", address(news.chat)},
          {"Sender", address(sender.used, news.sender_device)},
          {"SenderAlt", address(sender.other, news.sender_device)},
          {"IsFromMe",
           news.kind == ReceiptNews::Kind::SelfRead || news.kind == ReceiptNews::Kind::SelfPlayed},
          {"IsGroup", news.group},
          {"MessageIDs", Json::array({id})},
          {"Timestamp", rfc3339(news.timestamp_s)},
          {"Type", type}};
}

Json baileys_receipt(const ReceiptNews& news, const std::string& id, bool from_me) {
  const bool read = news.kind != ReceiptNews::Kind::Delivered;
  Json receipt = {{"userJid", address(news.sender.any())}};
  receipt[read ? "readTimestamp" : "receiptTimestamp"] = news.timestamp_s;
  return {{"key", {{"remoteJid", address(news.chat)}, {"id", id}, {"fromMe", from_me}}},
          {"userReceipt", Json::array({std::move(receipt)})}};
}

Json whatsmeow_group(const GroupInfo& group) {
  const Names owner = names_of(group.owner, group.by_lid);
  return {{"JID", address(group.jid)},
          {"OwnerJID", address(owner.used)},
          {"OwnerPN", address(group.owner.pn)},
          {"Name", group.subject},
          {"NameSetAt", rfc3339(group.subject_changed_s)},
          {"NameSetBy", address(names_of(group.subject_owner, group.by_lid).used)},
          {"Topic", group.description},
          {"TopicID", group.description_id},
          {"IsLocked", group.locked},
          {"IsAnnounce", group.announce},
          {"IsEphemeral", group.ephemeral_s != 0},
          {"DisappearingTimer", group.ephemeral_s},
          {"IsIncognito", false},
          {"IsParent", group.community},
          {"LinkedParentJID", address(group.parent)},
          {"IsJoinApprovalRequired", group.approval},
          {"AddressingMode", group.by_lid ? "lid" : "pn"},
          {"GroupCreated", rfc3339(group.created_s)},
          {"MemberAddMode", group.members_add ? "all_member_add" : "admin_add"}};
}

Json baileys_group(const GroupInfo& group) {
  return {{"id", address(group.jid)},
          {"subject", group.subject},
          {"subjectOwner", address(names_of(group.subject_owner, group.by_lid).used)},
          {"subjectTime", group.subject_changed_s},
          {"size", group.participants.size()},
          {"creation", group.created_s},
          {"owner", address(names_of(group.owner, group.by_lid).used)},
          {"ownerPn", address(group.owner.pn)},
          {"desc", group.description},
          {"descId", group.description_id},
          {"linkedParent", address(group.parent)},
          {"restrict", group.locked},
          {"announce", group.announce},
          {"isCommunity", group.community},
          {"joinApprovalMode", group.approval},
          {"memberAddMode", group.members_add},
          {"addressingMode", group.by_lid ? "lid" : "pn"},
          {"ephemeralDuration", group.ephemeral_s}};
}

Json whatsmeow_participant(const Participant& who, bool by_lid) {
  const bool super = who.role == Participant::Role::SuperAdmin;
  return {{"JID", address(names_of(who.person, by_lid).used)},
          {"PhoneNumber", address(who.person.pn)},
          {"LID", address(who.person.lid)},
          {"IsAdmin", super || who.role == Participant::Role::Admin},
          {"IsSuperAdmin", super},
          {"DisplayName", ""},
          {"Error", who.error}};
}

Json baileys_participant(const Participant& who, bool by_lid) {
  Json admin;
  if (who.role == Participant::Role::Admin) {
    admin = "admin";
  } else if (who.role == Participant::Role::SuperAdmin) {
    admin = "superadmin";
  }
  return {{"id", address(names_of(who.person, by_lid).used)},
          {"phoneNumber", address(who.person.pn)},
          {"lid", address(who.person.lid)},
          {"admin", std::move(admin)}};
}

Json node_json(const Node& node) {
  Json attributes = Json::object();
  for (const Attribute& attribute : node.attributes()) {
    const Jid* jid = std::get_if<Jid>(&attribute.value);
    attributes[attribute.name] =
        jid != nullptr ? jid->to_string() : std::get<std::string>(attribute.value);
  }
  Json out = {{"tag", node.tag()}, {"attrs", std::move(attributes)}};
  if (!node.children().empty()) {
    Json children = Json::array();
    for (const Node& child : node.children()) {
      children.push_back(node_json(child));
    }
    out["content"] = std::move(children);
  } else if (!node.octets().empty()) {
    out["content"] = to_base64(node.octets());
  }
  return out;
}

}  // namespace waxwing::multidevice::content
