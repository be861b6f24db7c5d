// SPDX-License-Identifier: Apache-2.0
// The other end of a Client, by the same rooms in their server's role.
#include "unit/multidevice/session/world.hpp"

#include <gtest/gtest.h>

#include "multidevice/binary/codec.hpp"
#include "multidevice/pair/link_code.hpp"
#include "multidevice/pair/qr.hpp"

namespace waxwing::multidevice {

World::World(Personality personality) : personality_(personality) {
  leaf = {2, 1, server_key.open, 1, 4'000'000'000};
}

Client& World::boot() {
  Client::Params params;
  params.personality = &personality_;
  params.profile = profile;
  params.root = root.open;
  const auto row = [&](std::string_view key) {
    const auto it = disk.find({std::string(rows::kDevice), std::string(key)});
    return it == disk.end() ? nullptr : &it->second;
  };
  if (const Bytes* creds = row(rows::kCreds)) {
    auto record = DeviceRecord::decode(*creds);
    EXPECT_TRUE(record);
    params.record = std::move(*record);
  }
  if (const Bytes* route = row(rows::kRoute)) {
    params.route = RouteRecord::decode(*route);
  }
  client_ = std::make_unique<Client>(*this, std::move(params));
  states.clear();
  return *client_;
}

void World::kill() {
  client_.reset();
  commits_.clear();
  work_.clear();
  heard_.clear();
  transport_.reset();
  responder_.reset();
  connection_open = false;
  wake_ms_ = 0;
  link = false;
}

void World::advance(std::int64_t ms) {
  const std::int64_t end = now_ms_ + ms;
  while (wake_ms_ != 0 && wake_ms_ <= end) {
    now_ms_ = std::max(now_ms_, wake_ms_);
    wake_ms_ = 0;
    client_->wake();
  }
  now_ms_ = end;
}

void World::commit(StoreBatch batch, std::function<void(bool)> done) {
  commits_.push_back({std::move(batch), std::move(done)});
}

void World::settle(bool works) {
  while (!commits_.empty()) {
    Commit commit = std::move(commits_.front());
    commits_.pop_front();
    if (works) {
      apply(commit.batch);
    }
    commit.done(works);
  }
}

void World::apply(const StoreBatch& batch) {
  for (const StoreOp& op : batch.ops()) {
    const std::string space(op.space);
    switch (op.kind) {
      case StoreOp::Kind::Put:
        disk[{space, op.key}] = to_bytes(op.value.view());
        break;
      case StoreOp::Kind::Erase:
        disk.erase({space, op.key});
        break;
      case StoreOp::Kind::EraseSpace:
        std::erase_if(disk, [&](const auto& row) { return row.first.first == space; });
        break;
    }
  }
}

std::size_t World::rows_in(std::string_view space) const {
  std::size_t count = 0;
  for (const auto& row : disk) {
    count += row.first.first == space ? 1U : 0U;
  }
  return count;
}

void World::open_connection() {
  EXPECT_FALSE(connection_open) << "two connections of one device";
  connection_open = true;
  ++connections;
  splitter_ = FrameSplitter();
  responder_.reset();
  transport_.reset();
  intro_seen_ = false;
  heard_.clear();
}

void World::close_connection() {
  connection_open = false;
}

void World::accept() {
  ASSERT_TRUE(connection_open);
  client_->connected();
}

void World::lose(std::string_view reason) {
  ASSERT_TRUE(connection_open);
  connection_open = false;
  client_->closed(reason, "the test took it away");
}

void World::send(ByteView octets) {
  ASSERT_TRUE(connection_open);
  Reader reader(octets);
  if (!intro_seen_) {
    const auto intro = take_intro(reader);
    ASSERT_TRUE(intro && intro->has_value());
    intro_seen_ = true;
    const KeyPair intermediate = KeyPair::generate();
    Responder::Params params;
    params.static_key = server_key;
    params.header = (*intro)->header;
    params.chain =
        make_chain(signs_badly ? server_key.secret : root.secret,
                   {1, 0, intermediate.open, 1, 4'000'000'000}, intermediate.secret, leaf);
    responder_ = std::make_unique<Responder>(std::move(params));
  }
  ASSERT_TRUE(splitter_.feed(reader.rest(), [&](ByteView frame) {
    hear(frame);
    return Status::ok();
  }));
}

void World::hear(ByteView frame) {
  const auto take = [&](Responder::Client accepted) {
    client_payload = accepted.payload;
    client_static = accepted.static_key;
    pattern = accepted.pattern;
    transport_.emplace(std::move(accepted.transport));
    responder_.reset();
  };
  if (transport_) {
    const auto plain = transport_->open(frame);
    ASSERT_TRUE(plain);
    auto node = decode(*plain, DictionaryVersion::V3);
    ASSERT_TRUE(node);
    heard_.push_back(std::move(*node));
    return;
  }
  // The client's first message has a clientHello, its second a clientFinish.
  if (auto finish = responder_->on_client_finish(frame)) {
    take(std::move(*finish));
    return;
  }
  auto answer = responder_->on_client_hello(frame);
  ASSERT_TRUE(answer) << answer.error().message();
  if (answer->client) {
    take(std::move(*answer->client));
  }
  // Not from inside of send(): the client must have returned first.
  work_.push_back([this, hello = answer->hello] {
    if (connection_open) {
      client_->received(*encode_frame(hello));
    }
  });
}

void World::serve(const Node& node) {
  ASSERT_TRUE(transport_.has_value());
  const auto frame = transport_->seal(*encode(node, DictionaryVersion::V3));
  ASSERT_TRUE(frame);
  serve_frame(*frame);
}

void World::serve_frame(ByteView octets) {
  client_->received(octets);
}

Node World::heard() {
  if (heard_.empty()) {
    ADD_FAILURE() << "the client said nothing";
    return Node();
  }
  Node node = std::move(heard_.front());
  heard_.pop_front();
  return node;
}

Node World::heard(std::string_view what) {
  while (!heard_.empty()) {
    Node node = heard();
    if (node.tag() == what || node.child(what) != nullptr) {
      return node;
    }
  }
  ADD_FAILURE() << "the client said no " << what;
  return Node();
}

void World::answer(const Node& iq, Node::Children children) {
  Node reply("iq");
  reply.set("from", server_jid()).set("type", "result").set("id", iq.text("id"));
  if (!children.empty()) {
    reply.set_children(std::move(children));
  }
  serve(reply);
}

void World::run_work() {
  while (!work_.empty()) {
    const auto job = std::move(work_.front());
    work_.pop_front();
    job();
  }
}

void World::derive_key(std::string code, Bytes salt, std::function<void(const Secret<32>&)> done) {
  work_.push_back([code, salt, done] { done(derive_code_key(code, salt)); });
}

void World::on_state(ClientState state, std::string_view reason, std::string_view text) {
  states.push_back({state, std::string(reason), std::string(text)});
}

void World::on_qr(std::string_view text, std::uint32_t valid_ms) {
  qrs.emplace_back(text, valid_ms);
}

void World::on_account(const DeviceRecord* record) {
  account_jid = record == nullptr ? std::string() : record->pn.to_string();
}

bool World::reject_version(const ClientVersion& rejected) {
  if (versions.size() > 1 && versions.front() == rejected) {
    versions.pop_front();
    return true;
  }
  return false;
}

void World::offer_refs(int count) {
  Node device("pair-device");
  for (int i = 0; i < count; ++i) {
    device.add(Node("ref").set_octets(as_bytes("ref-" + std::to_string(i))));
  }
  serve(Node("iq")
            .set("from", server_jid())
            .set("type", "set")
            .set("id", "offer-" + std::to_string(++next_id_))
            .set("xmlns", "md")
            .add(std::move(device)));
}

Node World::scanned(const GrantFaults& faults) {
  const auto code = parse_qr(qrs.back().first);
  EXPECT_TRUE(code);
  EXPECT_EQ(code->noise_key, client_static);
  const Bytes container = grant_device_for_test({1, 1'800'000'000, 1, code->identity_key}, account,
                                                code->adv_secret, faults);
  Node success("pair-success");
  success.add(Node("device-identity").set_octets(to_bytes(container)));
  success.add(Node("device")
                  .set("jid", *Jid::parse("15550001001:1@s.whatsapp.net"))
                  .set("lid", *Jid::parse("100000000000001:1@lid")));
  success.add(Node("platform").set("name", "android"));
  return Node("iq")
      .set("from", server_jid())
      .set("type", "set")
      .set("id", "success-" + std::to_string(++next_id_))
      .set("xmlns", "md")
      .set("t", std::uint64_t{1'800'000'000})
      .add(std::move(success));
}

void World::log_in() {
  serve(Node("success")
            .set("t", std::uint64_t{1'800'000'000})
            .set("lid", *Jid::parse("100000000000001:1@lid")));
  const Node count = heard("count");
  answer(count, {Node("count").set("value", std::uint64_t{0})});
  settle();
  answer(heard("list"));
  answer(heard("active"));
  settle();
}

void World::pair_and_log_in() {
  boot().start();
  accept();
  run_work();
  offer_refs();
  serve(scanned());
  settle();
  (void)heard("pair-device-sign");
  serve(Node("stream:error").set("code", "515"));
  advance(1);
  accept();
  run_work();
  log_in();
}

}  // namespace waxwing::multidevice
