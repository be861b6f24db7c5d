// SPDX-License-Identifier: Apache-2.0
// Any octets as a connection's input, in any pieces: never a crash, and the pieces never matter.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "http/http1.hpp"

namespace {

using namespace waxwing::http;

// Keeps what must not depend on the pieces: no clock, no made-up ids, no "100 Continue" (sent only
// when the body is late). Of two faults in one request either may be found first, so all refusals
// that end the connection count as equal.
class RecordingChannel final : public Channel {
 public:
  void write(std::string head, Body body) override {
    drained = false;
    if (head.starts_with("HTTP/1.1 100")) {
      return;
    }
    if (head[9] >= '4' && head.find("\r\nConnection: close\r\n") != std::string::npos) {
      output += "refused";
      return;
    }
    for (const char* field : {"\nDate: ", "\nX-Request-Id: "}) {
      if (const auto at = head.find(field); at != std::string::npos) {
        head.erase(at, head.find('\n', at + 1) - at);
      }
    }
    output.append(head).append(body.view());
  }
  void finish() override { finished = true; }
  void set_deadline(TimePoint) override {}
  void become(std::shared_ptr<Protocol>) override { std::abort(); }  // no handler here asks for it
  [[nodiscard]] TimePoint now() const override { return {}; }

  std::string output;
  bool drained = true;
  bool finished = false;
};

Router make_router() {
  Router router;
  const Handler echo = [](Request&& request, Responder&& responder) {
    std::string text(request.param("id"));
    for (const auto& [name, value] : request.query()) {
      text.append(name).append("=").append(value).append("\n");
    }
    for (std::size_t i = 0; i < request.header_count(); ++i) {
      text.append(request.header_at(i).second);
    }
    text += request.body();
    responder.send(Response::of_type(200, "text/plain", std::move(text)));
  };
  const Handler drop = [](Request&&, Responder&&) {};
  for (const auto& [method, pattern] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GET", "/a"}, {"POST", "/a"}, {"PUT", "/a/{id}"}, {"GET", "/{id}/b"}}) {
    router.add({method, pattern, echo, {}}).ignore();
  }
  router.add({"POST", "/drop", drop, {}}).ignore();
  router.add({"POST", "/small", echo, {16}}).ignore();
  router.add_response_hook([](const Exchange&, Response&) {});
  router.add_filter([](Request& request, Responder& responder) {
    if (request.header("X-Refuse")) {
      responder.send(error_response(403));
      return false;
    }
    return true;
  });
  return router;
}

// What a connection does with its input, in pieces of sizes that `splits` tells.
std::string converse(std::string_view input, std::string_view splits) {
  Service service;
  service.router = make_router();
  service.limits.header_bytes = 1024;
  RecordingChannel channel;
  const auto mailbox = std::make_shared<Mailbox>();
  const auto http = std::make_shared<Http1>(channel, service, mailbox, "peer");
  std::string waiting;
  const auto settle = [&] {
    for (bool due = true; due && !channel.finished;) {
      for (auto& answer : mailbox->take().answers) {
        if (const auto sink = answer.sink.lock()) {
          sink->on_answer(answer.serial, std::move(answer.response));
        }
      }
      if (!channel.drained) {
        channel.drained = true;
        http->on_drained();
        continue;
      }
      due = http->wants_input() && !waiting.empty();
      if (due) {
        waiting.erase(0, http->on_input(waiting));
        due = !http->starved();
      }
    }
  };
  for (std::size_t i = 0; !input.empty() && !channel.finished; ++i) {
    const std::size_t size =
        splits.empty() ? input.size()
                       : std::size_t{1} + static_cast<unsigned char>(splits[i % splits.size()]);
    waiting.append(input.substr(0, size));
    input.remove_prefix(std::min(size, input.size()));
    settle();
  }
  if (!channel.finished && http->wants_input()) {
    http->on_end_of_input();
    settle();
  }
  http->on_closed();
  if (service.stats.body_bytes != 0 || service.stats.requests_in_flight != 0) {
    std::abort();
  }
  return channel.output;
}

}  // namespace

// The first octet is the number of octets of splits behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  std::string_view rest = input;
  if (rest.empty()) {
    return 0;
  }
  const auto count = static_cast<unsigned char>(rest.front()) % std::size_t{16};
  rest.remove_prefix(1);
  const std::string_view splits = rest.substr(0, count);
  rest.remove_prefix(splits.size());
  if (converse(rest, splits) != converse(rest, {})) {
    std::abort();
  }
  return 0;
}
