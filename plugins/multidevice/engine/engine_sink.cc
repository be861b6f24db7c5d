// SPDX-License-Identifier: Apache-2.0
// Events of messages, in one commit with the rows that make them happen once.
#include "multidevice/engine/engine_sink.hpp"

#include "multidevice/engine/native_engine.hpp"

namespace waxwing::multidevice {

void EngineSink::on_message(IncomingMessage, StoreBatch batch, Durable durable) {
  engine_.commit_with(std::move(batch), {}, std::move(durable));
}

void EngineSink::on_unreadable(const UnreadableMessage& message) {
  engine_.log(WAX_LOG_DEBUG, "message.unreadable", {{"why", message.detail}});
}

void EngineSink::on_outgoing(const OutgoingMessage&, const MessageInfo&, StoreBatch batch,
                             Durable durable) {
  engine_.commit_with(std::move(batch), {}, std::move(durable));
}

void EngineSink::on_sent(const MessageInfo&, const std::string&, const SendResult&,
                         StoreBatch batch, Durable durable) {
  engine_.commit_with(std::move(batch), {}, std::move(durable));
}

void EngineSink::on_receipt(const ReceiptNews&, StoreBatch batch, Durable durable) {
  engine_.commit_with(std::move(batch), {}, std::move(durable));
}

void EngineSink::on_group(const GroupNews&, StoreBatch batch, Durable durable) {
  engine_.commit_with(std::move(batch), {}, std::move(durable));
}

void EngineSink::on_presence(const PresenceNews&) {}

void EngineSink::on_identity_changed(const Person&) {}

void EngineSink::on_note(std::string_view what, std::string_view detail) {
  engine_.log(WAX_LOG_INFO, what, {{"what", detail}});
}

}  // namespace waxwing::multidevice
