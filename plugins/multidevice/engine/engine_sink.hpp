// SPDX-License-Identifier: Apache-2.0
// EngineSink: makes the session's events of what its Messenger hears.
#pragma once

#include "multidevice/message/sink.hpp"

namespace waxwing::multidevice {

class NativeEngine;

// Belongs to its engine, which commits rows and events as one. [session-loop]
class EngineSink final : public MessageSink {
 public:
  explicit EngineSink(NativeEngine& engine) : engine_(engine) {}

  void on_message(IncomingMessage message, StoreBatch batch, Durable durable) override;
  void on_unreadable(const UnreadableMessage& message) override;
  void on_outgoing(const OutgoingMessage& message, const MessageInfo& info, StoreBatch batch,
                   Durable durable) override;
  void on_sent(const MessageInfo& info, const std::string& note, const SendResult& result,
               StoreBatch batch, Durable durable) override;
  void on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) override;
  void on_group(const GroupNews& news, StoreBatch batch, Durable durable) override;
  void on_presence(const PresenceNews& news) override;
  void on_identity_changed(const Person& person) override;
  void on_note(std::string_view what, std::string_view detail) override;

 private:
  NativeEngine& engine_;
};

}  // namespace waxwing::multidevice
