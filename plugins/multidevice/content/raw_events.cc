// SPDX-License-Identifier: Apache-2.0
// engine.event: messages and receipts under the names, and with the members, of whatsmeow's events
// package and of Baileys' event emitter.
#include <utility>

#include "multidevice/content/engine_data.hpp"
#include "multidevice/content/payloads.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

Event event_of(std::string_view name, std::string_view data, std::string chat) {
  JsonWriter out;
  out.begin_object().member("event", name).key("data").raw(data).end_object();
  return {"engine.event", out.take(), std::move(chat)};
}

// Of Baileys: "notify" for what comes now, "append" for what waited, or what it sends.
std::string upsert(std::string_view message, bool now) {
  return R"({"messages":[)" + std::string(message) + R"(],"type":")" + (now ? "notify" : "append") +
         "\"}";
}

// WebMessageInfo.Status
int status_of(ReceiptNews::Kind kind) {
  switch (kind) {
    case ReceiptNews::Kind::Failed:
      return 0;
    case ReceiptNews::Kind::Delivered:
      return 3;
    case ReceiptNews::Kind::Read:
    case ReceiptNews::Kind::SelfRead:
      return 4;
    case ReceiptNews::Kind::Played:
    case ReceiptNews::Kind::SelfPlayed:
      return 5;
  }
  return 0;
}

}  // namespace

std::optional<Event> Payloads::raw(const MessageInfo& info, ByteView octets, bool sent) const {
  // What devices of one account tell each other has keys in it.
  if (info.category == "peer" || (sent && engine_ == Dialect::Whatsmeow)) {
    return std::nullopt;
  }
  const std::string data = data_of(info, octets);
  if (engine_ == Dialect::Whatsmeow) {
    return event_of("events.Message", data, chat_id(info));
  }
  return event_of("messages.upsert", upsert(data, !sent && !info.offline), chat_id(info));
}

Event Payloads::raw(const UnreadableMessage& message) const {
  const std::string data = dump(unreadable_data(message));
  std::string chat = chat_id(message.info);
  return engine_ == Dialect::Whatsmeow
             ? event_of("events.UndecryptableMessage", data, std::move(chat))
             : event_of("messages.upsert", upsert(data, !message.info.offline), std::move(chat));
}

std::optional<Event> Payloads::raw(const ReceiptNews& news) const {
  if (news.ids.empty()) {
    return std::nullopt;
  }
  MessageInfo info;
  info.chat = news.chat;
  info.peer = news.peer;
  info.group = news.group;
  if (engine_ == Dialect::Whatsmeow) {
    Json data = whatsmeow_receipt(news, news.ids.front());
    data["MessageIDs"] = news.ids;
    return event_of("events.Receipt", dump(data), chat_id(info));
  }
  const bool own =
      news.kind == ReceiptNews::Kind::SelfRead || news.kind == ReceiptNews::Kind::SelfPlayed;
  Json updates = Json::array();
  for (const std::string& id : news.ids) {
    Json receipt = baileys_receipt(news, id, !own);
    Json update = {{"key", std::move(receipt["key"])}};
    if (news.group) {
      update["receipt"] = std::move(receipt["userReceipt"][0]);
    } else {
      update["update"] = {{"status", status_of(news.kind)}};
    }
    updates.push_back(std::move(update));
  }
  return event_of(news.group ? "message-receipt.update" : "messages.update", dump(updates),
                  chat_id(info));
}

}  // namespace waxwing::multidevice::content
