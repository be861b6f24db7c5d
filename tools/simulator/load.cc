// SPDX-License-Identifier: Apache-2.0
// The pace of a load.
#include "load.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "multidevice/base/wire.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::milliseconds kTurn{1};
// In a turn, so that what comes back is read in between.
constexpr int kMostAtOnce = 64;
constexpr std::uint32_t kConversation = 1;  // waE2E.Message.conversation
constexpr std::size_t kTimeDigits = 16;

}  // namespace

void Load::start(LoadPlan plan) {
  plan_ = std::move(plan);
  written_ = 0;
  refused_ = 0;
  confirmed_before_ = server_.router().confirmed();
  began_ = std::chrono::system_clock::now();
  turn(++run_);
}

std::uint64_t Load::confirmed() const noexcept {
  return server_.router().confirmed() - confirmed_before_;
}

void Load::turn(std::uint64_t run) {
  if (run != run_ || plan_.pairs.empty()) {
    return;
  }
  for (int i = 0; i < kMostAtOnce && written_ < plan_.count; ++i) {
    if (plan_.window != 0 && written_ - refused_ >= confirmed() + plan_.window) {
      break;
    }
    const Time now = std::chrono::system_clock::now();
    Time due = now;
    if (plan_.per_s > 0) {
      due = began_ + microseconds(static_cast<std::int64_t>(1e6 * static_cast<double>(written_) /
                                                            plan_.per_s));
      if (due > now) {
        break;
      }
    }
    write_one(due);
  }
  if (written_ < plan_.count) {
    server_.clock().after(kTurn, [this, run] { turn(run); });
  }
}

void Load::write_one(Time due) {
  const auto& [author, to] = plan_.pairs[written_ % plan_.pairs.size()];
  char time[32];
  std::snprintf(time, sizeof time, "%0*lld", static_cast<int>(kTimeDigits),
                static_cast<long long>(
                    std::chrono::duration_cast<microseconds>(due.time_since_epoch()).count()));
  std::string text(time);
  text.resize(std::max(text.size(), plan_.size), '.');
  md::Bytes message;
  md::append_field(message, kConversation, md::as_bytes(text));
  if (!server_.phones().of(*author).write(to, message)) {
    ++refused_;
  }
  ++written_;
}

}  // namespace waxwing::simulator
