// SPDX-License-Identifier: Apache-2.0
// Reading, writing, deadlines and the end of a browser.
#include "browser.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

namespace webjs {
namespace {

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr int kReadsInARow = 8;                // then the loop's others have a turn
constexpr std::size_t kSaidBytes = 8U << 10U;  // kept of stderr
constexpr std::uint32_t kTellMs = 10'000;
constexpr std::uint32_t kCloseMs = 3'000;
constexpr std::uint32_t kTerminateMs = 1'500;

}  // namespace

Browser::Browser(Loop& loop, const std::string& binary, const std::vector<std::string>& arguments,
                 const std::string& home, Events events)
    : loop_(loop),
      events_(std::move(events)),
      process_(binary, arguments, home),
      cdp_([this](const std::string& session, const std::string& method, const Json& params) {
        events_.event(session, method, params);
      }) {
  readable_ = loop_.watch_fd(process_.from_browser(), WAX_FD_READ,
                             [this](std::uint32_t) { on_readable(); });
  saying_ = loop_.watch_fd(process_.errors(), WAX_FD_READ, [this](std::uint32_t) { on_said(); });
  ending_ = loop_.watch_fd(process_.end_fd(), WAX_FD_READ, [this](std::uint32_t) { on_end(); });
}

void Browser::call(const std::string& session, std::string_view method, const Json& params,
                   std::uint32_t timeout_ms, Cdp::Answer answer) {
  cdp_.call(session, method, params, loop_.now_ms() + timeout_ms, std::move(answer));
  flush();
  set_deadline();
}

void Browser::call_raw(const std::string& session, std::string_view method, std::string_view params,
                       std::uint32_t timeout_ms, Cdp::Answer answer) {
  cdp_.call_raw(session, method, params, loop_.now_ms() + timeout_ms, std::move(answer));
  flush();
  set_deadline();
}

void Browser::tell(const std::string& session, std::string_view method, const Json& params) {
  call(session, method, params, kTellMs, [](const CdpResult&) {});
}

void Browser::fail(const std::string& session, std::string_view why) {
  cdp_.fail(session, why);
}

void Browser::flush() {
  std::string& output = cdp_.output();
  std::size_t done = 0;
  while (done < output.size()) {
    const ssize_t written =
        ::write(process_.to_browser(), output.data() + done, output.size() - done);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
    } else if (written < 0 && errno == EINTR) {
      continue;
    } else {
      break;
    }
  }
  const bool broken = done < output.size() && errno != EAGAIN;
  output.erase(0, done);
  if (broken) {
    output.clear();  // it is ending; its end is seen elsewhere
  }
  if (output.empty()) {
    output.shrink_to_fit();
    writable_.reset();
  } else if (!writable_) {
    writable_ =
        loop_.watch_fd(process_.to_browser(), WAX_FD_WRITE, [this](std::uint32_t) { flush(); });
  }
}

void Browser::set_deadline() {
  const std::int64_t next = cdp_.next_deadline();
  if (next == deadline_ms_) {
    return;
  }
  deadline_ms_ = next;
  deadline_.cancel();
  if (next != 0) {
    const std::int64_t left = next - loop_.now_ms();
    deadline_ = loop_.run_after(left > 0 ? static_cast<std::uint32_t>(left) : 0, [this] {
      deadline_ms_ = 0;
      cdp_.expire(loop_.now_ms());
      set_deadline();
    });
  }
}

void Browser::on_readable() {
  static thread_local std::string buffer(kReadBytes, '\0');
  for (int i = 0; i < kReadsInARow; ++i) {
    const ssize_t got = ::read(process_.from_browser(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (got <= 0) {
      readable_.reset();  // the browser has let go of its end
      cdp_.fail("", "the browser is gone");
      return;
    }
    if (!cdp_.take(std::string_view(buffer.data(), static_cast<std::size_t>(got)))) {
      readable_.reset();
      said_ += "\nwhat it sent is no DevTools message";
      kill();
      return;
    }
  }
}

void Browser::on_said() {
  char buffer[4096];
  const ssize_t got = ::read(process_.errors(), buffer, sizeof buffer);
  if (got > 0) {
    said_.append(buffer, static_cast<std::size_t>(got));
    if (said_.size() > kSaidBytes) {
      said_.erase(0, said_.size() - kSaidBytes);
    }
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    saying_.reset();
  }
}

void Browser::on_end() {
  const std::optional<Ending> ending = process_.reap();
  if (!ending) {
    return;
  }
  ending_.reset();
  on_said();
  readable_.reset();
  saying_.reset();
  writable_.reset();
  closing_.cancel();
  cdp_.fail("", "the browser is gone");
  const auto ended = std::move(events_.ended);
  const std::string said = std::move(said_);
  ended(*ending, said);  // `this` may be gone
}

void Browser::close() {
  tell("", "Browser.close", Json::object());
  closing_ = loop_.run_after(kCloseMs, [this] {
    process_.terminate();
    closing_ = loop_.run_after(kTerminateMs, [this] { process_.kill(); });
  });
}

void Browser::kill() {
  process_.kill();
}

}  // namespace webjs
