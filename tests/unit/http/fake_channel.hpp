// SPDX-License-Identifier: Apache-2.0
// A connection without a socket, on a clock moved by hand.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "http/protocol.hpp"

namespace waxwing::http::test {

class FakeChannel final : public Channel {
 public:
  void write(std::string head, Body body) override {
    output += head;
    output += body.view();
    drained = false;
  }
  void finish() override { finished = true; }
  void set_deadline(TimePoint at) override { deadline = at; }
  [[nodiscard]] TimePoint now() const override { return time; }
  void become(std::shared_ptr<Protocol> protocol) override { next = std::move(protocol); }

  std::string take_output() { return std::exchange(output, {}); }

  std::string output;
  bool drained = true;
  bool finished = false;
  TimePoint time{std::chrono::seconds(1000)};
  TimePoint deadline{};
  std::shared_ptr<Protocol> next;
};

}  // namespace waxwing::http::test
