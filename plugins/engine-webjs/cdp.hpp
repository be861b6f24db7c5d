// SPDX-License-Identifier: Apache-2.0
// Chrome DevTools Protocol over a pipe: framing, calls with deadlines, events. Without I/O.
//
// Messages are JSON objects that end with a NUL, in both directions. Calls have an id; those to a
// page carry its sessionId ("flat" sessions).
// https://chromedevtools.github.io/devtools-protocol/
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "json_values.hpp"

namespace webjs {

// How a call ended. `result` is empty unless ok.
struct CdpResult {
  bool ok = false;
  const Json& result;
  std::string_view error;
};

// One thread.
class Cdp {
 public:
  using Answer = std::function<void(const CdpResult& result)>;
  using Event = std::function<void(const std::string& session, const std::string& method,
                                   const Json& params)>;

  // A longer message is not read: the connection is broken then.
  static constexpr std::size_t kMaxMessageBytes = std::size_t{120} << 20U;

  explicit Cdp(Event on_event) : on_event_(std::move(on_event)) {}

  // Answers once: by the browser, by fail(), or by expire() after the deadline.
  void call(const std::string& session, std::string_view method, const Json& params,
            std::int64_t deadline_ms, Answer answer);
  // The same with ready-made JSON for the params, which may be long.
  void call_raw(const std::string& session, std::string_view method, std::string_view params,
                std::int64_t deadline_ms, Answer answer);

  // Octets of the browser. False when they are no protocol; then nothing more may come.
  [[nodiscard]] bool take(std::string_view octets);
  // What is to be written; the caller erases what it wrote.
  [[nodiscard]] std::string& output() noexcept { return output_; }

  // Every call of that session, or with "" of all, will not be answered any more.
  void fail(const std::string& session, std::string_view why);
  // Ends the calls whose deadline is over.
  void expire(std::int64_t now_ms);
  // When the next one is; 0: never.
  [[nodiscard]] std::int64_t next_deadline() const noexcept;
  [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }

 private:
  struct Pending {
    std::string session;
    std::string method;
    std::int64_t deadline_ms;
    Answer answer;
  };
  bool dispatch(std::string_view message);
  template <class Which>
  void end(Which which, std::string_view why);

  Event on_event_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Pending> pending_;
  std::string input_;
  std::size_t scanned_ = 0;  // of input_: no NUL before
  std::string output_;
};

}  // namespace webjs
