// SPDX-License-Identifier: Apache-2.0
// FakeNet: the far ends of an engine's connections, scripted by the test. Included by testing.hpp.
//
//   host.net.on_open = [](FakeSocket& far) { far.accept(); };            // the default
//   host.net.on_message = [](FakeSocket& far, const std::string& data, bool) { far.send(data); };
//   host.net.on_open = [](FakeSocket& far) { far.refuse("dns_failed"); };
//   host.net.last().split(frame, 1);        // every octet a message of its own
//   host.net.last().reset();
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../blob.hpp"
#include "../core.hpp"
#include "../net.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

class FakeHost;
class FakeSession;

// The far end of one WebSocket; lives as long as the FakeHost. What it does reaches the engine from
// the queue, FakeNet::latency_ms later by the fake clock, in the order in which it was done.
class FakeSocket {
 public:
  struct Sent {
    std::string data;
    bool is_text;
  };

  FakeSocket(const FakeSocket&) = delete;
  FakeSocket& operator=(const FakeSocket&) = delete;

  void accept(const Headers& headers = {});
  // Ends it before it was open: "connect_refused", "proxy_authentication", "certificate_expired"…
  void refuse(const std::string& reason, const std::string& text = "refused by the test",
              std::int32_t http_code = 0);
  void send(const std::string& octets) { deliver(octets, false); }
  void send_text(const std::string& text) { deliver(text, true); }
  // As messages of `piece` octets each: an engine's own frames may begin and end anywhere.
  void split(const std::string& octets, std::size_t piece);
  void close(std::int32_t code = 1000, const std::string& reason = {});
  void reset() { fail("connection_reset", "the connection was reset"); }
  // The far end sends no more, and says nothing of it.
  void half_close() { fail("connection_closed", "the far end closed without a goodbye"); }

  bool is_open() const { return open_ && !over_; }
  bool is_over() const { return over_; }  // closed() was or will be called
  bool is_paused() const { return paused_; }
  std::vector<std::string> sent_data() const {
    std::vector<std::string> list;
    for (const Sent& s : sent) {
      list.push_back(s.data);
    }
    return list;
  }

  std::string session;  // its name
  WebSocketOptions options;
  std::vector<Sent> sent;                   // by the engine
  std::size_t room = std::size_t{1} << 20;  // octets taken before ws_send is refused
  void make_room(std::size_t octets);       // and tells the engine if it was refused
  std::int32_t close_code = 0;              // what the engine closed with
  std::string close_reason;

 private:
  friend class FakeHost;
  FakeSocket(FakeHost& host, FakeSession& owner, std::uint64_t id)
      : host_(host), owner_(owner), id_(id) {}
  void deliver(const std::string& data, bool is_text);
  void fail(const std::string& reason, const std::string& text, std::int32_t http_code = 0);
  void end(wax_status status, std::int32_t code, std::int32_t http_code, const std::string& reason,
           const std::string& text);
  void flush_held();

  FakeHost& host_;
  FakeSession& owner_;
  const std::uint64_t id_;
  wax_ws_events events_{};
  void* user_ = nullptr;
  bool open_ = false;
  bool over_ = false;
  bool told_ = false;  // closed() was called
  bool paused_ = false;
  bool refused_ = false;
  std::deque<std::function<void()>> held_;  // what comes while the engine has paused
};

// What an engine asked for, as the test's script sees it.
struct HttpCallRecord {
  std::string session;
  HttpRequest request;  // its body is empty; the octets are in `body`
  std::string body;
  bool cancelled = false;
};

// What the script answers.
struct HttpReply {
  std::int32_t code = 200;
  Headers headers = {};
  std::string body = {};
  std::string failure = {};  // a reason: there is no answer
  std::int64_t delay_ms = 0;
};

// [one thread]
class FakeNet {
 public:
  std::function<void(FakeSocket&)> on_open = [](FakeSocket& far) { far.accept(); };
  std::function<void(FakeSocket&, const std::string& data, bool is_text)> on_message;
  std::function<void(FakeSocket&)> on_close;  // the engine closed it
  std::function<HttpReply(const HttpCallRecord&)> on_http = [](const HttpCallRecord&) {
    return HttpReply{404};
  };
  std::int64_t latency_ms = 0;  // of everything that reaches the engine

  std::size_t size() const { return sockets.size(); }
  FakeSocket& last() { return *sockets.back(); }

  std::vector<std::unique_ptr<FakeSocket>> sockets;  // in the order of their opening
  std::deque<HttpCallRecord> calls;
};

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
