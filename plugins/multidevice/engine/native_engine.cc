// SPDX-License-Identifier: Apache-2.0
// The session's life, and a Client's world made of the SDK.
#include "multidevice/engine/native_engine.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/pair/link_code.hpp"

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;
using plugin::Error;
using plugin::Outcome;

// A far end that does not answer a goodbye is left after that time.
constexpr std::uint32_t kGoodbyeMs = 1'000;

StoreRows stored_rows(const plugin::Rows& found) {
  StoreRows rows;
  rows.reserve(found.size());
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    const plugin::StoredRow row = found[i];
    rows.push_back({row.space, row.key, as_bytes(row.value)});
  }
  return rows;
}

}  // namespace

NativeEngine::NativeEngine(const plugin::Init& init, const Traits& traits, NativeSettings settings,
                           DeviceProfile profile)
    : Engine(init),
      traits_(traits),
      settings_(std::move(settings)),
      profile_(std::move(profile)),
      messaging_(*this, traits.dialect),
      connection_(
          settings_.endpoint,
          [this](const plugin::WebSocketOptions& options, plugin::WebSocketEvents on) {
            return open_websocket(options, std::move(on));
          },
          connection_events()) {}

NativeEngine::~NativeEngine() = default;

// Life cycle --------------------------------------------------------------------------------------

void NativeEngine::start(plugin::Call&& call) {
  retired_messenger_.reset();
  retired_.reset();
  loading_ = true;
  engine_info(info_json(false));
  get({{rows::kDevice, rows::kCreds}, {rows::kDevice, rows::kRoute}},
      [this](const Outcome& outcome, const plugin::Rows& found) {
        loading_ = false;
        if (!outcome.ok()) {
          failed("storage_unavailable", outcome.message);
          return;
        }
        Client::Params params;
        params.personality = traits_.personality;
        params.profile = profile_;
        params.root = settings_.root_key;
        for (std::uint32_t i = 0; i < found.size(); ++i) {
          const plugin::StoredRow row = found[i];
          if (row.key == rows::kCreds) {
            Result<DeviceRecord> record = DeviceRecord::decode(as_bytes(row.value));
            if (!record) {
              failed("storage_damaged", record.error().message());
              return;
            }
            params.record = std::move(*record);
          } else if (row.key == rows::kRoute) {
            params.route = RouteRecord::decode(as_bytes(row.value));
            if (params.route.version) {
              accept_version(*params.route.version);
            }
          }
        }
        ClientHost& world = *this;
        client_ = std::make_unique<Client>(world, std::move(params));
        messenger_ = std::make_unique<Messenger>(*client_, world, messaging_);
        messaging_.use(messenger_.get());
        counted_ = {};
        client_->start();
      });
  call.ok();  // the attempt is under way
}

void NativeEngine::stop(plugin::Call&& call) {
  if (client_) {
    client_->stop();
  }
  end_with(std::move(call));
}

void NativeEngine::logout(plugin::Call&& call) {
  if (!client_) {
    end_with(std::move(call));
    return;
  }
  client_->logout([this, shared = std::make_shared<plugin::Call>(std::move(call))] {
    end_with(std::move(*shared));
  });
}

// Two connections of one device replace each other, so the answer waits for the end of this one.
void NativeEngine::end_with(plugin::Call&& call) {
  waiting_codes_.clear();
  ending_ = std::make_unique<plugin::Call>(std::move(call));
  if (connection_.over()) {
    finish_end();
  } else {
    Engine::after(kGoodbyeMs, [this] { finish_end(); });
  }
}

void NativeEngine::finish_end() {
  if (!ending_) {
    return;
  }
  const std::unique_ptr<plugin::Call> call = std::move(ending_);
  timer_.cancel();
  quiesce();
  connection_.abandon();
  wake_ms_ = 0;
  loading_ = false;
  // One of their functions may be running.
  messaging_.use(nullptr);
  retired_messenger_ = std::move(messenger_);
  retired_ = std::move(client_);
  call->ok();
}

// Connection --------------------------------------------------------------------------------------

void NativeEngine::open_connection() {
  if (has_network()) {
    connection_.open();
    return;
  }
  post([this] {
    if (client_) {
      client_->closed("no_network", "This server offers no network to engines.");
    }
  });
}

void NativeEngine::close_connection() {
  connection_.close();
}

void NativeEngine::send(ByteView octets) {
  connection_.send(octets);
}

Connection::Events NativeEngine::connection_events() {
  return {[this] { client_->connected(); }, [this](ByteView octets) { client_->received(octets); },
          [this](const plugin::NetEnd& end, bool wanted) {
            if (ending_) {
              finish_end();
            } else if (wanted) {
              client_->closed(end.ok() ? std::string_view() : end.reason, end.text);
            }
          }};
}

// Clock, store, threads ---------------------------------------------------------------------------

std::int64_t NativeEngine::now_ms() {
  return host().executor.now_ms(host().raw()) * settings_.time_scale;
}

std::int64_t NativeEngine::unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// A timer that runs out too early costs less than one that is replaced at every stanza.
void NativeEngine::wake_at(std::int64_t time_ms) {
  wake_ms_ = time_ms;
  if (time_ms != 0 && (!timer_.active() || time_ms < timer_ms_)) {
    set_wake_timer();
  }
}

void NativeEngine::after(std::uint32_t delay_ms, std::function<void()> task) {
  Engine::after(delay_ms, std::move(task));
}

void NativeEngine::set_wake_timer() {
  timer_ms_ = wake_ms_;
  const std::int64_t scale = settings_.time_scale;
  const std::int64_t delay = (std::max<std::int64_t>(0, wake_ms_ - now_ms()) + scale - 1) / scale;
  timer_ = Engine::after(static_cast<std::uint32_t>(delay), [this] {
    if (wake_ms_ == 0) {
      return;
    }
    if (now_ms() < wake_ms_) {
      set_wake_timer();
    } else {
      client_->wake();
      const Client::Counters& now = client_->counters();
      record(kReconnects, now.reconnects - counted_.reconnects);
      record(kDeadConnections, now.dead_connections - counted_.dead_connections);
      counted_ = now;
    }
  });
}

void NativeEngine::commit(StoreBatch batch, std::function<void(bool)> done) {
  commit_events(std::move(batch), {}, std::move(done));
}

void NativeEngine::commit_events(StoreBatch batch, std::vector<content::Event> events,
                                 MessageSink::Durable durable) {
  plugin::Changes changes;
  for (const StoreOp& op : batch.ops()) {
    std::string space(op.space);
    switch (op.kind) {
      case StoreOp::Kind::Put:
        changes.put(std::move(space), op.key, to_string(op.value.view()), op.expires_at_ms);
        break;
      case StoreOp::Kind::Erase:
        changes.erase(std::move(space), op.key);
        break;
      case StoreOp::Kind::EraseSpace:
        changes.erase_prefix(std::move(space), {});
        break;
    }
  }
  for (content::Event& event : events) {
    changes.event(std::move(event.type), std::move(event.json), std::move(event.order_key));
  }
  Engine::commit(changes, [this, durable = std::move(durable)](const Outcome& outcome) {
    if (!outcome.ok()) {
      log(WAX_LOG_ERROR, "store.failed", {{"what", outcome.message}});
    }
    durable(outcome.ok());
  });
}

void NativeEngine::load(std::vector<StoreKey> keys,
                        std::function<void(bool, const StoreRows&)> done) {
  std::vector<plugin::Key> wanted;
  wanted.reserve(keys.size());
  for (const StoreKey& key : keys) {
    wanted.push_back({key.space, key.key});
  }
  get(wanted, [done = std::move(done)](const Outcome& outcome, const plugin::Rows& found) {
    done(outcome.ok(), stored_rows(found));
  });
}

void NativeEngine::scan(std::string_view space, std::string after, std::uint32_t limit,
                        std::function<void(bool, const StoreRows&)> done) {
  plugin::Query query;
  query.space = space;
  query.after = after;
  query.limit = limit;
  Engine::scan(query, [done = std::move(done)](const Outcome& outcome, const plugin::Rows& found) {
    done(outcome.ok(), stored_rows(found));
  });
}

void NativeEngine::derive_key(std::string code, Bytes salt,
                              std::function<void(const Secret<32>&)> done) {
  offload([code = std::move(code), salt = std::move(salt)] { return derive_code_key(code, salt); },
          [this, done = std::move(done)](std::future<Secret<32>> key) {
            try {
              done(key.get());
            } catch (const Error& error) {
              log(WAX_LOG_WARN, "code.refused", {{"what", error.what()}});
            }
          });
}

ClientVersion NativeEngine::version() {
  return Versions::of_module().choose(settings_.version);
}

bool NativeEngine::reject_version(const ClientVersion& version) {
  const bool another = Versions::of_module().reject(version, settings_.version);
  log(WAX_LOG_WARN, "version.rejected",
      {{"version", version.text()}, {"fallback", another ? "yes" : "none"}});
  return another;
}

void NativeEngine::accept_version(const ClientVersion& version) {
  Versions::of_module().worked(version);
}

// News --------------------------------------------------------------------------------------------

void NativeEngine::on_state(ClientState to, std::string_view reason, std::string_view text) {
  switch (to) {
    case ClientState::Starting:
      state(WAX_SESSION_STARTING, reason, text);
      break;
    case ClientState::PasskeyRequired:
      state(WAX_SESSION_PASSKEY_REQUIRED, {}, {}, passkey_);
      break;
    case ClientState::PasskeyConfirmation:
      state(WAX_SESSION_PASSKEY_CONFIRMATION_REQUIRED, {}, {}, passkey_);
      break;
    case ClientState::Working:
      state(WAX_SESSION_WORKING);
      break;
    case ClientState::Failed:
      engine_info(info_json(false));
      failed(reason, text);
      break;
    case ClientState::Pairing:  // on_qr() has said it
    case ClientState::Stopped:
      break;
  }
  told_state(to, reason, text);
}

void NativeEngine::on_qr(std::string_view text, std::uint32_t valid_ms) {
  qr(text, static_cast<std::uint32_t>(valid_ms / settings_.time_scale));
  told_qr(text);
  if (!waiting_codes_.empty()) {
    post([this] { answer_waiting_codes(); });
  }
}

void NativeEngine::on_passkey_challenge(std::string_view json) {
  // Somebody else's JSON, on its way to people: only what is an object passes.
  const Json challenge = Json::parse(json, nullptr, false);
  passkey_ = challenge.is_object() ? challenge.dump() : "{}";
  told_passkey_challenge(passkey_);
}

void NativeEngine::on_passkey_code(std::string_view code) {
  passkey_ = Json{{"code", code}}.dump();
  told_passkey_code(code);
}

void NativeEngine::on_account(const DeviceRecord* record) {
  if (record == nullptr) {
    shown_account_.clear();
    forget_me();
    return;
  }
  const std::string id = content::chat_id(record->pn);
  const std::string lid =
      record->lid.empty() ? std::string() : record->lid.without_device().to_string();
  const std::string jid = record->pn.to_string();
  messaging_.set_me(
      {record->pn.without_device(), record->lid.empty() ? Jid() : record->lid.without_device()});
  me({id, record->push_name, lid, jid});
  if (shown_account_ != jid && !record->logged_in) {
    told_paired(*record);
  }
  shown_account_ = jid;
}

void NativeEngine::on_link(bool up) {
  engine_info(info_json(up));
  told_link(up);
  messenger_->link(up);
}

bool NativeEngine::on_stanza(const Node& stanza) {
  told_stanza(stanza);
  return messenger_->take(stanza);
}

void NativeEngine::raw_event(std::string_view name, std::string_view data_json) {
  if (!raw_wanted()) {
    return;
  }
  std::string json = R"({"event":)" + Json(name).dump() + R"(,"data":)";
  json.append(data_json).append("}");
  tell({"engine.event", std::move(json), {}});
}

void NativeEngine::tell(const content::Event& news) {
  plugin::Event event;
  event.type = news.type;
  event.json = news.json;
  event.order_key = news.order_key;
  event.flags = WAX_EVENT_EPHEMERAL;
  try {
    (void)emit(event);
  } catch (const Error& error) {  // must not pass through the client
    log(WAX_LOG_WARN, "event.refused", {{"event", news.type}, {"what", error.what()}});
  }
}

void NativeEngine::show_presence(bool online) {
  presence(online);
}

void NativeEngine::note(std::string_view what, std::string_view detail) {
  log(WAX_LOG_INFO, what, {{"what", detail}});
}

void NativeEngine::note_activity() {
  activity(unix_ms());
}

void NativeEngine::invoke(const plugin::Request& request, plugin::Call&& call) {
  if (!invoke_auth(request, call) &&
      !messaging_.invoke(request.op, request.json, std::move(call))) {
    call.fail(WAX_E_UNSUPPORTED, "there is no operation " + std::string(request.op));
  }
}

}  // namespace waxwing::multidevice
