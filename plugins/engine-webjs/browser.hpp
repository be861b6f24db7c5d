// SPDX-License-Identifier: Apache-2.0
// A running browser: its process, and the DevTools connection on the session's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <waxwing/plugin.hpp>

#include "browser_process.hpp"
#include "cdp.hpp"

namespace webjs {

namespace wp = waxwing::plugin;

// What an engine lends to its parts. [session-loop]
class Loop {
 public:
  virtual ~Loop() = default;
  virtual wp::ScopedWatch watch_fd(int fd, std::uint32_t interest,
                                   std::function<void(std::uint32_t)> fn) = 0;
  virtual wp::Timer run_after(std::uint32_t delay_ms, std::function<void()> fn) = 0;
  virtual std::int64_t now_ms() = 0;
};

// [session-loop] Not to be destroyed from inside of an event or an answer; kill() it and wait for
// its end.
class Browser {
 public:
  struct Events {
    Cdp::Event event;
    // All of it is gone. `said` is the end of what it wrote on stderr. The last call; the browser
    // may be destroyed in it.
    std::function<void(const Ending& ending, const std::string& said)> ended;
  };

  // Throws waxwing::plugin::Error.
  Browser(Loop& loop, const std::string& binary, const std::vector<std::string>& arguments,
          const std::string& home, Events events);

  // Answers within `timeout_ms`. `session` empty: the browser itself.
  void call(const std::string& session, std::string_view method, const Json& params,
            std::uint32_t timeout_ms, Cdp::Answer answer);
  void call_raw(const std::string& session, std::string_view method, std::string_view params,
                std::uint32_t timeout_ms, Cdp::Answer answer);
  // Whose answer nobody needs.
  void tell(const std::string& session, std::string_view method, const Json& params);
  // The page of that session has crashed: nothing of it will be answered.
  void fail(const std::string& session, std::string_view why);

  // Asks it to end, and makes sure that it does within some seconds.
  void close();
  void kill();

 private:
  void flush();
  void set_deadline();
  void on_readable();
  void on_said();
  void on_end();

  Loop& loop_;
  Events events_;
  BrowserProcess process_;
  Cdp cdp_;
  std::string said_;
  std::int64_t deadline_ms_ = 0;
  // Last, so that they are gone before what their functions use.
  wp::ScopedTimer deadline_;
  wp::ScopedTimer closing_;
  wp::ScopedWatch readable_;
  wp::ScopedWatch writable_;
  wp::ScopedWatch saying_;
  wp::ScopedWatch ending_;
};

}  // namespace webjs
