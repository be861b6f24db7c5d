// SPDX-License-Identifier: Apache-2.0
// The session's life, and a Client's world made of the SDK.
#include "multidevice/engine/native_engine.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/engine/passkey_answer.hpp"
#include "multidevice/pair/link_code.hpp"

namespace waxwing::multidevice {
namespace {

using Json = nlohmann::json;
using plugin::Error;
using plugin::Outcome;

// Beyond what the host takes by itself; a connection that does not drain is of no use.
constexpr std::size_t kMaxUnsentBytes = std::size_t{4} << 20U;
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

// The digits of a phone number in international form; throws Error(WAX_E_INVALID).
std::string parse_phone(const std::string& given) {
  std::string digits;
  for (const char c : given) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (std::string_view("+-() .").find(c) == std::string_view::npos) {
      throw Error(WAX_E_INVALID, "phoneNumber must be a phone number: digits only");
    }
  }
  if (digits.size() < 7 || digits.size() > 15 || digits[0] == '0') {
    throw Error(WAX_E_INVALID, "phoneNumber must be in international form: 7 to 15 digits");
  }
  return digits;
}

}  // namespace

NativeEngine::NativeEngine(const plugin::Init& init, const Traits& traits, NativeSettings settings,
                           DeviceProfile profile)
    : Engine(init),
      traits_(traits),
      settings_(std::move(settings)),
      profile_(std::move(profile)),
      messaging_(*this, traits.dialect) {}

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
  if (socket_over_) {
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
  socket_ = {};
  socket_over_ = true;
  client_wants_it_ = false;
  open_when_over_ = false;
  unsent_ = {};
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
  if (socket_over_) {
    connect();
  } else {
    open_when_over_ = true;
  }
}

void NativeEngine::connect() {
  open_when_over_ = false;
  client_wants_it_ = true;
  if (!has_network()) {
    post([this] {
      if (std::exchange(client_wants_it_, false)) {
        client_->closed("no_network", "This server offers no network to engines.");
      }
    });
    return;
  }
  socket_over_ = false;
  unsent_.clear();
  plugin::WebSocketOptions options;
  options.url = settings_.endpoint;
  options.headers = {{"Origin", "https://web.whatsapp.com"}};
  options.max_message_bytes = kMaxFrameBytes + 1024;
  plugin::WebSocketEvents on;
  on.opened = [this](const plugin::Headers&) {
    if (client_wants_it_) {
      client_->connected();
    }
  };
  on.message = [this](std::string_view data, bool) {
    if (client_wants_it_) {
      client_->received(as_bytes(data));
    }
  };
  on.writable = [this] { flush(); };
  on.closed = [this](const plugin::NetEnd& end) { on_closed(end); };
  socket_ = open_websocket(options, std::move(on));
}

void NativeEngine::on_closed(const plugin::NetEnd& end) {
  socket_over_ = true;
  unsent_.clear();
  if (ending_) {
    finish_end();
  } else if (open_when_over_) {
    connect();
  } else if (std::exchange(client_wants_it_, false)) {
    client_->closed(end.ok() ? std::string_view() : end.reason, end.text);
  }
}

void NativeEngine::close_connection() {
  client_wants_it_ = false;
  open_when_over_ = false;
  if (!socket_over_) {
    socket_.close();
  }
}

void NativeEngine::send(ByteView octets) {
  if (!socket_.is_open()) {
    return;  // closed() is on its way
  }
  if (unsent_.empty() && socket_.send(as_text(octets))) {
    return;
  }
  if (unsent_.size() + octets.size() > kMaxUnsentBytes) {
    socket_.close(1000, "too slow");
    return;
  }
  unsent_.append(as_text(octets));
}

void NativeEngine::flush() {
  if (!unsent_.empty() && socket_.is_open() && socket_.send(unsent_)) {
    unsent_ = {};
  }
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

// Operations --------------------------------------------------------------------------------------

void NativeEngine::invoke(const plugin::Request& request, plugin::Call&& call) {
  const ClientState now = client_ ? client_->state() : ClientState::Stopped;
  const auto reply = [&call] {
    return [shared = std::make_shared<plugin::Call>(std::move(call))](const Status& status) {
      if (status) {
        shared->ok();
      } else {
        shared->fail(status.fault() == Fault::Argument ? WAX_E_STATE : WAX_E_UNAVAILABLE,
                     status.message());
      }
    };
  };
  if (request.op == "auth.requestCode") {
    request_code(request, std::move(call));
  } else if (request.op == "auth.passkeyChallenge") {
    now == ClientState::PasskeyRequired ? call.ok(passkey_)
                                        : call.fail(WAX_E_STATE, "no challenge is pending");
  } else if (request.op == "auth.passkeyConfirmation") {
    now == ClientState::PasskeyConfirmation ? call.ok(passkey_)
                                            : call.fail(WAX_E_STATE, "no confirmation is pending");
  } else if (request.op == "auth.passkeyConfirm") {
    client_ ? client_->confirm_passkey(reply())
            : call.fail(WAX_E_STATE, "no confirmation is pending");
  } else if (request.op == "auth.passkeyAssert") {
    PasskeyAnswer answer = parse_passkey_answer(request.json);
    client_ ? client_->answer_passkey(std::move(answer.credential), std::move(answer.assertion),
                                      reply())
            : call.fail(WAX_E_STATE, "no challenge is pending");
  } else if (!messaging_.invoke(request.op, request.json, std::move(call))) {
    call.fail(WAX_E_UNSUPPORTED, "there is no operation " + std::string(request.op));
  }
}

void NativeEngine::request_code(const plugin::Request& request, plugin::Call&& call) {
  const Json body = Json::parse(request.json, nullptr, false);
  const auto text_of = [&](const char* key) {
    const auto it = body.is_object() ? body.find(key) : body.end();
    return body.is_object() && it != body.end() && it->is_string() ? it->get<std::string>()
                                                                   : std::string();
  };
  if (!traits_.code_methods && !text_of("method").empty()) {
    throw Error(WAX_E_UNSUPPORTED, "method is not supported: a code is shown here, not sent");
  }
  const std::string phone = parse_phone(text_of("phoneNumber"));
  const bool soon =
      has_network() && (loading_ || (client_ && client_->state() == ClientState::Starting &&
                                     !client_->record().has_value()));
  if (client_ && client_->can_request_code()) {
    waiting_codes_.push_back({phone, std::move(call)});
    answer_waiting_codes();
  } else if (soon && !ending_) {
    waiting_codes_.push_back({phone, std::move(call)});
    Engine::after(traits_.code_wait_ms, [this] {
      for (CodeRequest& waiting : std::exchange(waiting_codes_, {})) {
        waiting.call.fail(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
      }
    });
  } else {
    throw Error(WAX_E_STATE, "a code can be asked for in SCAN_QR_CODE only");
  }
}

void NativeEngine::answer_waiting_codes() {
  if (!client_) {
    return;
  }
  for (CodeRequest& waiting : std::exchange(waiting_codes_, {})) {
    const SharedCall call = std::make_shared<plugin::Call>(std::move(waiting.call));
    client_->request_code(waiting.phone, [call](const Result<std::string>& code) {
      if (code) {
        call->ok(Json{{"code", *code}}.dump());
      } else {
        call->fail(WAX_E_UNAVAILABLE, code.error().message());
      }
    });
  }
}

}  // namespace waxwing::multidevice
