// SPDX-License-Identifier: Apache-2.0
// An engine that keeps a WebSocket open and sends texts through it.
#include <deque>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

namespace {
namespace wp = waxwing::plugin;
using Json = nlohmann::json;

class WebSocketEngine final : public wp::Engine {
 public:
  static constexpr const char* kId = "WEBSOCKET";
  static constexpr const char* kName = "WebSocket example";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr wax_op kOps[] = {wp::op("messages.sendText")};
  static constexpr const char* kConfigSection = "websocket";
  static constexpr const char* kConfigSchema = R"json({
    "type": "object", "additionalProperties": false,
    "properties": {
      "url": {"type": "string", "description": "ws:// or wss:// of a server that answers every text."},
      "caPem": {"type": "string", "description": "An authority to trust beside the system's."},
      "timeoutMs": {"type": "integer", "minimum": 1, "description": "To connect; 20 s without it."}
    }
  })json";

  explicit WebSocketEngine(const wp::Init& init) : Engine(init) {
    const Json config = Json::parse(init.config);
    options_.url = config.value("url", "");
    options_.ca_pem = config.value("caPem", "");
    options_.connect_timeout_ms = config.value("timeoutMs", 20'000U);
    options_.ping_interval_ms = 30'000;
  }

  void start(wp::Call&& call) override {
    call.ok();
    if (!has_network()) {
      state(WAX_SESSION_FAILED, "no_network", "This server offers no network to engines.");
    } else if (options_.url.empty()) {
      state(WAX_SESSION_FAILED, "no_url", "websocket.url is not set.");
    } else {
      connect();
    }
  }

  void stop(wp::Call&& call) override {
    quiesce();
    waiting_.clear();
    call.ok();
  }

  void invoke(const wp::Request& request, wp::Call&& call) override {
    const Json body = Json::parse(request.json);
    if (!body.contains("text") || !body["text"].is_string()) {
      throw wp::Error(WAX_E_INVALID, "text must be a string");
    }
    if (!socket_.send_text(body["text"].get<std::string>())) {
      throw wp::Error(WAX_E_UNAVAILABLE, "too much waits to be sent");
    }
    waiting_.push_back(std::move(call));
  }

 private:
  void connect() {
    wp::WebSocketEvents on;
    on.opened = [this](const wp::Headers&) {
      backoff_.reset();
      state(WAX_SESSION_WORKING);
    };
    on.message = [this](std::string_view data, bool) {
      if (!waiting_.empty()) {
        const std::string id = "true_echo_" + std::to_string(++count_);
        waiting_.front().ok(Json({{"id", id}, {"body", std::string(data)}}).dump());
        waiting_.pop_front();
      }
    };
    on.closed = [this](const wp::NetEnd& end) {
      waiting_.clear();  // what is dropped answers by itself
      state(WAX_SESSION_STARTING, end.ok() ? "connection_lost" : end.reason, end.text);
      retry_ = after(backoff_.next_ms(), [this] { connect(); });
    };
    socket_ = open_websocket(options_, std::move(on));
  }

  wp::WebSocketOptions options_;
  wp::WebSocket socket_;
  wp::Backoff backoff_;
  wp::ScopedTimer retry_;
  std::deque<wp::Call> waiting_;  // for the answers, in their order
  int count_ = 0;
};

WAX_ENGINE_MODULE(WebSocketEngine, "waxwing.example-websocket", "0.1.0");

}  // namespace
