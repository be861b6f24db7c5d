// SPDX-License-Identifier: Apache-2.0
// From <success> to being online: prekeys first, then active.
#include "multidevice/session/client.hpp"
#include "multidevice/session/pairing_state.hpp"
#include "multidevice/session/prekeys.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kSignedPrekeyAgeS = 30 * 86'400;

}  // namespace

void Client::on_success(const Node& success) {
  if (phase_ != Phase::Login) {
    return;
  }
  phase_ = Phase::Prepare;
  clear_timer(kHandshake);
  keep_alive();
  if (const auto t = success.number("t")) {
    server_offset_ms_ = static_cast<std::int64_t>(*t) * 1000 - host_.unix_ms();
  }
  host_.accept_version(version_);
  if (route_.version != version_) {
    route_.version = version_;
    store_route();
  }
  bool changed = !record_->logged_in;
  record_->logged_in = true;
  if (const auto lid = success.jid("lid"); lid && *lid != record_->lid) {
    record_->lid = *lid;
    changed = true;
  }
  if (const auto name = success.text("display_name"); !name.empty() && record_->push_name.empty()) {
    record_->push_name = name;
    changed = true;
  }
  if (changed) {
    StoreBatch batch;
    record_->put_into(batch);
    host_.commit(std::move(batch), [](bool) {});
    host_.on_account(&*record_);
  }
  count_prekeys();
}

void Client::count_prekeys() {
  Node iq = make_iq("get", "encrypt");
  iq.add(Node("count"));
  query(std::move(iq), [this](const IqReply& reply) {
    const Node* count = reply.node ? reply.node->child("count") : nullptr;
    const auto value = count ? count->number("value") : std::nullopt;
    if (reply.kind == IqReply::Kind::Lost) {
      return;
    }
    if (!reply.ok() || !value || *value >= personality_.min_prekeys) {
      become_active();
      return;
    }
    const bool as_new = record_->next_prekey_id == 1 || (personality_.refill_as_new && *value == 0);
    upload_prekeys(as_new ? personality_.first_prekeys : personality_.refill_prekeys,
                   [this] { become_active(); });
  });
}

// New ones every time: whether an earlier upload that nobody confirmed has arrived is not known,
// and a key must not be handed out twice. `then` comes unless the connection is lost.
void Client::upload_prekeys(std::uint32_t count, std::function<void()> then) {
  if (uploading_) {
    return;
  }
  uploading_ = true;
  StoreBatch batch;
  auto prekeys = std::make_shared<std::vector<Prekey>>(make_prekeys(*record_, count, batch));
  host_.commit(std::move(batch), [this, prekeys, then = std::move(then),
                                  connection = connection_](bool stored) {
    if (connection != connection_) {
      return;
    }
    if (!stored) {
      lost(Cause::StorageFailed);
      rearm();
      return;
    }
    Node iq = make_iq("set", "encrypt");
    iq.set_children(upload_children(*record_, *prekeys));
    query(std::move(iq), [this, then, uploaded = prekeys->size()](const IqReply& reply) {
      uploading_ = false;
      if (reply.ok()) {
        counters_.prekeys_uploaded += static_cast<std::uint32_t>(uploaded);
      }
      if (reply.kind != IqReply::Kind::Lost && then) {
        then();
      }
    });
    rearm();
  });
}

void Client::become_active() {
  Node iq = make_iq("set", "passive");
  iq.add(Node("active"));
  query(std::move(iq), [this](const IqReply& reply) {
    if (reply.kind == IqReply::Kind::Lost) {
      return;
    }
    if (personality_.asks_digest) {
      check_digest();
    } else {
      become_online();
    }
  });
}

void Client::check_digest() {
  Node iq = make_iq("get", "encrypt");
  iq.add(Node("digest"));
  query(std::move(iq), [this](const IqReply& reply) {
    if (reply.kind == IqReply::Kind::Lost) {
      return;
    }
    const Node* digest = reply.node ? reply.node->child("digest") : nullptr;
    const bool missing = (reply.ok() && digest == nullptr) || reply.code == 404;
    if (missing || (digest != nullptr && !digest_matches(*digest, *record_))) {
      upload_prekeys(personality_.refill_prekeys, [] {});
    }
    become_online();
  });
}

void Client::become_online() {
  phase_ = Phase::Online;
  attempts_ = 0;
  clear_timer(kGrace);
  host_.on_link(true);
  if (state_ != ClientState::Working) {
    set_state(ClientState::Working);
  }
  const std::uint64_t id = (server_ms() + 3 * kDayMs) % (7 * kDayMs);
  Node session("ib");
  session.add(Node("unified_session").set("id", id));
  (void)transmit(session);
  if (personality_.asks_settings) {
    ask_settings();
  }
  rotate_signed_prekey_if_due();
}

// What a browser asks for at this point. Nothing here depends on the answers yet.
void Client::ask_settings() {
  const auto ignore = [](const IqReply&) {};
  Node props = make_iq("get", "abt");
  props.add(Node("props").set("protocol", "1"));
  query(std::move(props), ignore);
  query(make_iq("get", "blocklist"), ignore);
  Node privacy = make_iq("get", "privacy");
  privacy.add(Node("privacy"));
  query(std::move(privacy), ignore);
}

// The elder key is kept: a message that was encrypted with it may be on its way.
void Client::rotate_signed_prekey_if_due() {
  const std::uint64_t now = now_s();
  if (now < record_->signed_prekey_made_s + kSignedPrekeyAgeS) {
    return;
  }
  record_->previous_signed_prekey = record_->signed_prekey;
  const std::uint32_t id = record_->signed_prekey.id;
  record_->signed_prekey = SignedPrekey::make(id >= kMaxPrekeyId ? 1 : id + 1, record_->identity);
  record_->signed_prekey_made_s = now;
  StoreBatch batch;
  record_->put_into(batch);
  host_.commit(std::move(batch), [this, connection = connection_](bool stored) {
    if (connection != connection_ || !stored) {
      return;
    }
    Node iq = make_iq("set", "encrypt");
    iq.add(Node("rotate").add(signed_prekey_node(record_->signed_prekey)));
    query(std::move(iq), [](const IqReply&) {});
    rearm();
  });
}

}  // namespace waxwing::multidevice
