// SPDX-License-Identifier: Apache-2.0
// HTTP/1.0 and 1.1 on one connection: one request at a time, each answered once, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/parser.hpp"
#include "http/protocol.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "http/service.hpp"

namespace waxwing::http {

// Knows no socket: octets come through Protocol and leave through Channel. [worker]
class Http1 final : public Protocol, public AnswerSink, public std::enable_shared_from_this<Http1> {
 public:
  // `channel`, `service` outlive it; `peer` is "address:port".
  Http1(Channel& channel, Service& service, std::shared_ptr<Mailbox> mailbox, std::string peer);
  ~Http1() override;
  Http1(const Http1&) = delete;
  Http1& operator=(const Http1&) = delete;

  // Says no to the connection as a whole, in place of its first request.
  void refuse(Response response);

  [[nodiscard]] bool wants_input() const override;
  std::size_t on_input(std::string_view input) override;
  [[nodiscard]] bool starved() const override { return starved_; }
  void on_end_of_input() override;
  void on_drained() override;
  void on_timeout() override;
  void on_drain() override;
  void on_closed() override;

  void on_answer(std::uint64_t serial, Response&& response) override;

 private:
  enum class Phase {
    Idle,     // between requests
    Head,     // reading a request line and fields
    Body,     // reading a body for the handler
    Discard,  // reading past a body that nobody wants; the answer is ready or being made
    Running,  // the request is whole, its answer is being made
    Writing,  // the answer waits for the client to take it
    Closed,   // or handed over to another protocol
  };

  void begin();
  void on_head();
  void on_more_needed();
  void on_complete();
  // True when the request may go on to its body; else it has been answered or will be.
  bool admit(Request& request);
  bool route(Request& request);
  void skip_body();
  void run_handler();
  // Answers in the handler's place, and closes.
  void give_up(Response response);
  void send(Response&& response);
  void forget_request();
  // Tells the server how many octets of a body this connection holds.
  void account_body(std::size_t bytes);
  void leave_flight();

  Channel& channel_;
  Service& service_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::string peer_;

  Phase phase_ = Phase::Idle;
  bool starved_ = false;
  bool keep_alive_ = true;

  // Of the current request.
  std::uint64_t serial_ = 0;
  std::unique_ptr<RequestParser> parser_;
  std::shared_ptr<Head> head_;
  std::shared_ptr<Ticket> ticket_;
  std::optional<Request> request_;      // until the handler gets it
  std::optional<Responder> responder_;  // likewise
  std::optional<Response> held_;        // an answer that waits for the body to be read past
  const Route* route_ = nullptr;
  bool continue_due_ = false;  // the client waits for "100 Continue"
  TimePoint started_{};
  TimePoint body_started_{};
  std::size_t body_accounted_ = 0;
  bool in_flight_ = false;
};

}  // namespace waxwing::http
