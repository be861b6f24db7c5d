// SPDX-License-Identifier: Apache-2.0
// What passes between a session and its engine, in C++: requests and answers one way, reports,
// events and wishes the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <waxwing/abi.h>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "plugin/storage_module.hpp"

namespace waxwing::plugin_host {

class Blob;

struct Part {
  std::string name;
  std::string mimetype;
  std::string filename;
  std::shared_ptr<Blob> blob;
};

struct Request {
  std::string op;
  std::string json = "{}";
  std::vector<Part> parts;
  std::string request_id;
};

struct Answer {
  Status status;
  std::string json;  // the result, or the details of a failure; may be empty
  std::vector<Part> parts;
};
using AnswerFn = UniqueFunction<void(Answer)>;

struct StateChange {
  wax_session_state state = WAX_SESSION_STOPPED;
  std::string reason;
  std::string text;
  std::string data_json;
};

struct Me {
  std::string id;
  std::string push_name;
  std::string lid;
  std::string jid;

  friend bool operator==(const Me&, const Me&) = default;
};

struct EngineEvent {
  std::string type;
  std::string json;
  std::string order_key;
  std::vector<Part> parts;
  bool ephemeral = false;
  std::int64_t timestamp_ms = 0;  // unix time; 0 = now

  [[nodiscard]] std::size_t size_bytes() const noexcept {
    return sizeof(EngineEvent) + type.size() + json.size() + order_key.size();
  }
};

struct Lease {
  std::uint64_t id = 0;
  std::string url;  // empty = direct
  std::string username;
  std::string password;
  std::int64_t expires_at_ms = 0;
};

// What a session does for its engine. Every function is called on the session's loop, from the
// loop's queue, never from inside a call to the engine. Callbacks handed over must be called
// exactly once, on the loop.
class EngineSink {
 public:
  using DoneFn = UniqueFunction<void(Status)>;
  using RowsFn = UniqueFunction<void(Result<std::vector<Row>>)>;
  using LeaseFn = UniqueFunction<void(Result<Lease>)>;

  virtual ~EngineSink() = default;
  virtual void on_state(StateChange change) = 0;
  virtual void on_qr(std::string text, Millis valid) = 0;
  virtual void on_me(std::optional<Me> me) = 0;
  virtual void on_engine_info(std::string json) = 0;
  virtual void on_presence(std::optional<bool> online) = 0;
  virtual void on_activity(std::int64_t unix_ms) = 0;
  // Rows and events become durable together. `rows` are in the engine's own spaces.
  virtual void on_commit(std::vector<WriteOp> rows, std::vector<EngineEvent> events,
                         DoneFn done) = 0;
  virtual void on_get(std::vector<KeyRef> keys, RowsFn done) = 0;
  virtual void on_scan(Scan scan, RowsFn done) = 0;
  virtual void on_resolve_proxy(std::string purpose, LeaseFn done) = 0;
  virtual void on_report_proxy(std::uint64_t lease, wax_proxy_outcome outcome,
                               std::uint32_t latency_ms) = 0;
};

}  // namespace waxwing::plugin_host
