// SPDX-License-Identifier: Apache-2.0
// The shapes of whatsmeow (types.MessageInfo, types.GroupInfo, events.Receipt) and of Baileys
// (WebMessageInfo, GroupMetadata). Facts of their interfaces, which WAHA hands on as they are.
#include "multidevice/content/engine_data.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "multidevice/content/json_writer.hpp"
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

const Json* wrapped(const Json& message, std::string_view name) {
  const auto it = message.find(name);
  return it == message.end() ? nullptr : find_path(*it, "message");
}

// The same without the wrappers around it, in the dialect that the text is in.
std::string unwrap_text(const Json& content, std::string_view message) {
  if (&unwrap(content) == &content) {
    return std::string(message);
  }
  const Json whole = Json::parse(message, nullptr, false);
  return whole.is_object() ? unwrap(whole).dump() : std::string(message);
}

}  // namespace

std::string whatsmeow_data(const MessageInfo& info, const Json& content, std::string_view message) {
  const bool lid = by_lid(info);
  const Names sender = names_of(info.sender, lid);
  const bool once = wrapped(content, "viewOnceMessage") != nullptr;
  const bool once2 = wrapped(content, "viewOnceMessageV2") != nullptr;
  const bool once2x = wrapped(content, "viewOnceMessageV2Extension") != nullptr;
  JsonWriter out;
  out.begin_object().key("Info").begin_object();
  out.member("Chat", address(info.chat));
  out.member("Sender", address(sender.used, info.sender_device));
  out.member("IsFromMe", info.from_me);
  out.member("IsGroup", info.group);
  out.member("AddressingMode", lid ? "lid" : "pn");
  out.member("SenderAlt", address(sender.other, info.sender_device));
  out.member("RecipientAlt", info.from_me ? address(names_of(info.peer, lid).other) : "");
  out.member("BroadcastListOwner", "").key("BroadcastRecipients").null();
  out.member("ID", info.id).member("ServerID", 0).member("Type", info.type);
  out.member("PushName", info.push_name).member("Timestamp", rfc3339(info.timestamp_s));
  out.member("Category", info.category).member("Multicast", false).member("MediaType", "");
  out.member("Edit", info.edit).key("VerifiedName").null().key("DeviceSentMeta").null();
  out.end_object();
  out.member("IsEphemeral", wrapped(content, "ephemeralMessage") != nullptr);
  out.member("IsViewOnce", once || once2 || once2x).member("IsViewOnceV2", once2);
  out.member("IsViewOnceV2Extension", once2x);
  out.member("IsDocumentWithCaption", wrapped(content, "documentWithCaptionMessage") != nullptr);
  out.member("IsLottieSticker", wrapped(content, "lottieStickerMessage") != nullptr);
  out.member("IsEdit", wrapped(content, "editedMessage") != nullptr || info.edit == "1");
  out.member("UnavailableRequestID", "").member("RetryCount", 0);
  out.key("Message").raw(unwrap_text(content, message));
  out.key("RawMessage").raw(message).end_object();
  return out.take();
}

std::string baileys_data(const MessageInfo& info, std::string_view message) {
  const bool lid = by_lid(info);
  JsonWriter out;
  out.begin_object().key("key").begin_object();
  out.member("remoteJid", address(info.chat)).member("fromMe", info.from_me);
  out.member("id", info.id).member("addressingMode", lid ? "lid" : "pn");
  if (info.group) {
    const Names sender = names_of(info.sender, lid);
    out.member("participant", address(sender.used));
    out.member("participantAlt", address(sender.other));
  } else {
    out.member("remoteJidAlt", address(names_of(info.peer, lid).other));
  }
  out.end_object();
  out.member("messageTimestamp", info.timestamp_s).member("pushName", info.push_name);
  out.member("broadcast", info.chat.server == server::kBroadcast);
  out.key("message").raw(message).end_object();
  return out.take();
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
          {"NameSetByPN", address(group.subject_owner.pn)},
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
          {"subjectOwnerPn", address(group.subject_owner.pn)},
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
