// SPDX-License-Identifier: Apache-2.0
// The loop of a test's town, and what a device does of the world's part.
#include "unit/multidevice/message/town.hpp"

#include <gtest/gtest.h>

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {

Bytes text_message(std::string_view text) {
  Bytes out;
  append_field(out, 1, as_bytes(text));
  return out;
}

std::string text_of(ByteView message) {
  WireReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->octets) {
      return to_string(*field->octets);
    }
  }
  return "?";
}

bool Town::step() {
  if (turns_.empty()) {
    const auto due = timers_.begin();
    if (due == timers_.end() || due->first > now_ms_) {
      return false;
    }
    turns_.push_back(std::move(due->second));
    timers_.erase(due);
  }
  const std::function<void()> turn = std::move(turns_.front());
  turns_.pop_front();
  turn();
  return true;
}

void Town::run() {
  for (int turns = 0; step(); ++turns) {
    ASSERT_LT(turns, 200'000) << "it never ends";
  }
}

bool Town::run_until(const std::function<bool()>& condition) {
  while (!condition()) {
    if (!step()) {
      return false;
    }
  }
  return true;
}

void Town::advance(std::int64_t ms) {
  const std::int64_t end = now_ms_ + ms;
  run();
  while (!timers_.empty() && timers_.begin()->first <= end) {
    now_ms_ = std::max(now_ms_, timers_.begin()->first);
    run();
  }
  now_ms_ = end;
  run();
}

std::uint64_t Town::violations() {
  std::uint64_t total = 0;
  for (const auto& [rule, count] : server.violations().counts()) {
    ADD_FAILURE() << rule << ": " << count;
    total += count;
  }
  return total;
}

TestDevice::TestDevice(Town& t, sim::Account& a) : town(t), account(a) {}

TestDevice::~TestDevice() {
  kill();
}

void TestDevice::in_process(std::function<void()> turn) {
  town.post([this, process = process_, turn = std::move(turn)] {
    if (process == process_) {
      turn();
    }
  });
}

void TestDevice::boot() {
  ++process_;
  Client::Params params;
  params.personality = &personality_;
  params.root = town.server.certificates().root();
  if (const auto it = disk.find({"device", "creds"}); it != disk.end()) {
    params.record = DeviceRecord::decode(it->second).value();
  }
  if (const auto it = disk.find({"device", "route"}); it != disk.end()) {
    params.route = RouteRecord::decode(it->second);
  }
  client = std::make_unique<Client>(*this, std::move(params));
  messenger = std::make_unique<Messenger>(*client, *this, *sink);
  client->start();
}

void TestDevice::kill() {
  ++process_;
  close_connection();
  messenger.reset();
  client.reset();
}

void TestDevice::link() {
  boot();
  ASSERT_TRUE(town.run_until([&] { return !qr.empty(); }));
  town.server.pairing().scan(account, qr, [](const sim::LinkOutcome&) {});
  town.advance(5'000);
  ASSERT_EQ(state, ClientState::Working);
  ASSERT_TRUE(client->online());
}

void TestDevice::go_offline() {
  client->stop();
  messenger->link(false);
}

void TestDevice::go_online() {
  client->start();
  town.advance(1'000);
  ASSERT_TRUE(client->online());
}

std::string TestDevice::say(const Jid& chat, std::string_view text, std::string id) {
  OutgoingMessage message;
  message.id = id.empty() ? make_message_id() : std::move(id);
  message.chat = chat;
  message.message = text_message(text);
  message.note = "note of " + std::string(text);
  std::string key = message.id;
  messenger->send(std::move(message),
                  [this, key](const SendResult& result) { results[key] = result; });
  return key;
}

std::vector<std::string> TestDevice::texts() const {
  std::vector<std::string> out;
  for (const IncomingMessage& message : events.messages) {
    out.push_back(text_of(message.message));
  }
  return out;
}

// Network -----------------------------------------------------------------------------------------

void TestDevice::open_connection() {
  ++connection_number_;
  in_process([this] {
    connection_ = std::make_shared<sim::Connection>(town.server, *this);
    client->connected();
  });
}

void TestDevice::close_connection() {
  ++connection_number_;
  if (connection_) {
    town.post([connection = std::exchange(connection_, nullptr)] { connection->on_closed(); });
  }
}

void TestDevice::send(ByteView octets) {
  town.post([connection = connection_, copy = to_bytes(octets)] {
    if (connection) {
      connection->on_message(copy);
    }
  });
}

void TestDevice::send(Bytes message) {
  in_process([this, message = std::move(message), number = connection_number_] {
    if (client && number == connection_number_) {
      client->received(message);
    }
  });
}

void TestDevice::close() {
  in_process([this, number = connection_number_] {
    if (client && number == connection_number_) {
      connection_.reset();
      client->closed({}, {});
    }
  });
}

void TestDevice::wake_at(std::int64_t time_ms) {
  wake_ms_ = time_ms;
  if (time_ms == 0) {
    return;
  }
  const std::int64_t delay = std::max<std::int64_t>(0, time_ms - town.now_ms());
  town.after(std::chrono::milliseconds(delay), [this, process = process_] {
    if (process == process_ && wake_ms_ != 0 && wake_ms_ <= town.now_ms()) {
      client->wake();
    }
  });
}

void TestDevice::after(std::uint32_t delay_ms, std::function<void()> task) {
  town.after(std::chrono::milliseconds(delay_ms),
             [this, process = process_, task = std::move(task)] {
               if (process == process_) {
                 task();
               }
             });
}

// Disk --------------------------------------------------------------------------------------------

void TestDevice::commit_with(StoreBatch batch, std::function<void()> event,
                             std::function<void(bool)> done) {
  auto kept = std::make_shared<StoreBatch>(std::move(batch));
  in_process([this, kept, event = std::move(event), done = std::move(done)] {
    if (++commits == kill_at_commit) {
      kill();
      return;
    }
    if (!disk_works) {
      done(false);
      return;
    }
    for (const StoreOp& op : kept->ops()) {
      const std::string space(op.space);
      if (op.kind == StoreOp::Kind::Put) {
        disk[{space, op.key}] = to_bytes(op.value.view());
      } else if (op.kind == StoreOp::Kind::Erase) {
        disk.erase({space, op.key});
      } else {
        std::erase_if(disk, [&](const auto& row) { return row.first.first == space; });
      }
    }
    if (event) {
      event();
    }
    if (++commits == kill_at_commit) {  // durable, but nobody knows
      kill();
      return;
    }
    done(true);
  });
}

void TestDevice::commit(StoreBatch batch, std::function<void(bool)> done) {
  commit_with(std::move(batch), nullptr, std::move(done));
}

void TestDevice::load(std::vector<StoreKey> keys,
                      std::function<void(bool, const StoreRows&)> done) {
  in_process([this, keys = std::move(keys), done = std::move(done)] {
    StoreRows found;
    for (const StoreKey& key : keys) {
      if (const auto it = disk.find({std::string(key.space), key.key}); it != disk.end()) {
        found.push_back({key.space, key.key, it->second});
      }
    }
    done(disk_works, found);
  });
}

void TestDevice::scan(std::string_view space, std::string after, std::uint32_t limit,
                      std::function<void(bool, const StoreRows&)> done) {
  in_process([this, space, after = std::move(after), limit, done = std::move(done)] {
    StoreRows found;
    const auto first = disk.upper_bound({std::string(space), after});
    for (auto it = first; it != disk.end() && it->first.first == space && found.size() < limit;
         ++it) {
      found.push_back({space, it->first.second, it->second});
    }
    done(disk_works, found);
  });
}

// News --------------------------------------------------------------------------------------------

bool TestDevice::on_stanza(const Node& stanza) {
  if (town.filter && !town.filter(stanza)) {
    return stanza.tag() != "message";
  }
  return messenger->take(stanza);
}

void TestDevice::on_message(IncomingMessage message, StoreBatch batch, Durable durable) {
  if (message.info.category == "peer") {
    commit_with(std::move(batch), nullptr, std::move(durable));
    return;
  }
  message.stanza = nullptr;
  auto kept = std::make_shared<IncomingMessage>(std::move(message));
  commit_with(
      std::move(batch), [this, kept] { events.messages.push_back(*kept); }, std::move(durable));
}

void TestDevice::on_unreadable(const UnreadableMessage& message, StoreBatch batch,
                               Durable durable) {
  commit_with(
      std::move(batch), [this, why = message.why] { unreadable.push_back(why); },
      std::move(durable));
}

void TestDevice::on_outgoing(const OutgoingMessage&, const MessageInfo& info, StoreBatch batch,
                             Durable durable) {
  commit_with(
      std::move(batch), [this, info] { events.outgoing.push_back(info); }, std::move(durable));
}

void TestDevice::on_sent(const MessageInfo& info, const std::string& note, const SendResult& result,
                         StoreBatch batch, Durable durable) {
  EXPECT_EQ(note.substr(0, 8), "note of ");
  commit_with(
      std::move(batch), [this, id = info.id, result] { events.sent.emplace_back(id, result); },
      std::move(durable));
}

void TestDevice::on_receipt(const ReceiptNews& news, StoreBatch batch, Durable durable) {
  ReceiptNews copy = news;
  copy.stanza = nullptr;
  commit_with(
      std::move(batch), [this, copy] { events.receipts.push_back(copy); }, std::move(durable));
}

void TestDevice::on_group(const GroupNews& news, StoreBatch batch, Durable durable) {
  commit_with(
      std::move(batch), [this, kind = news.kind] { events.groups.push_back(kind); },
      std::move(durable));
}

}  // namespace waxwing::multidevice
