// SPDX-License-Identifier: Apache-2.0
// MessageSink: who makes events of what the Messenger hears, and makes both durable as one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "multidevice/message/types.hpp"
#include "multidevice/store/batch.hpp"

namespace waxwing::multidevice {

// Each function with a batch must commit it, with rows and events of its own added, as one, and
// then call durable(true), or durable(false) when nothing of it was stored: the server is told, and
// a stanza leaves, only after that. Commits keep their order. durable() may come at once, but not
// from inside of the call. One thread; borrowed arguments live for the call.
class MessageSink {
 public:
  using Durable = std::function<void(bool)>;
  virtual ~MessageSink() = default;

  // Once for each message, whatever the network repeats.
  virtual void on_message(IncomingMessage message, StoreBatch batch, Durable durable) = 0;
  // A message that cannot be read: when it is first seen, before its on_message() if that ever
  // comes, and once more when its author is given up: Why::Lost, or Why::Unavailable while our
  // phone may still have it.
  virtual void on_unreadable(const UnreadableMessage& message, StoreBatch batch,
                             Durable durable) = 0;

  // A message of ours is encrypted and about to leave: its event is "message.any".
  virtual void on_outgoing(const OutgoingMessage& message, const MessageInfo& info,
                           StoreBatch batch, Durable durable) = 0;
  // How it ended: Sent or Failed. Once for each on_outgoing(), after a restart too.
  virtual void on_sent(const MessageInfo& info, const std::string& note, const SendResult& result,
                       StoreBatch batch, Durable durable) = 0;

  virtual void on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) = 0;
  virtual void on_group(const GroupNews& news, StoreBatch batch, Durable durable) = 0;
  // Worth an event for whoever listens now, no more.
  virtual void on_presence(const PresenceNews& news) = 0;
  // The person has another phone, or linked it anew: safety numbers changed.
  virtual void on_identity_changed(const Person& person) = 0;
  // Something that somebody should know of, without secrets: "session.repaired", "send.retried".
  virtual void on_note(std::string_view what, std::string_view detail) = 0;
};

}  // namespace waxwing::multidevice
