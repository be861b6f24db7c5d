// SPDX-License-Identifier: Apache-2.0
// HTTP/1.0 and 1.1 on one connection: one request at a time, each answered once, in order.
#include "http/http1.hpp"

#include <exception>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "http/wire.hpp"

namespace waxwing::http {
namespace {

// A body that is not wanted is read up to this size to keep the connection; a longer one costs it.
constexpr std::size_t kMaxDiscard = 64 * kKiB;

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

Http1::Http1(Channel& channel, Service& service, std::shared_ptr<Mailbox> mailbox, std::string peer)
    : channel_(channel), service_(service), mailbox_(std::move(mailbox)), peer_(std::move(peer)) {
  channel_.set_deadline(channel_.now() + service_.limits.idle_timeout);
}

Http1::~Http1() {
  WAX_DCHECK(body_accounted_ == 0 && !in_flight_);
}

bool Http1::wants_input() const {
  return phase_ == Phase::Idle || phase_ == Phase::Head || phase_ == Phase::Body ||
         phase_ == Phase::Discard;
}

void Http1::refuse(Response response) {
  begin();
  keep_alive_ = false;
  service_.stats.connections_refused.fetch_add(1, kRelaxed);
  send(std::move(response));
}

std::size_t Http1::on_input(std::string_view input) {
  std::size_t used = 0;
  starved_ = false;
  while (wants_input()) {
    if (!parser_) {
      parser_ = std::make_unique<RequestParser>(service_.limits.header_bytes);
    }
    used += parser_->feed(input.substr(used));
    if (phase_ == Phase::Idle && parser_->started()) {
      begin();
    }
    switch (parser_->state()) {
      case RequestParser::State::NeedMore:
        on_more_needed();
        starved_ = true;
        return used;
      case RequestParser::State::Head:
        on_head();
        break;
      case RequestParser::State::Done:
        on_complete();
        return used;
      case RequestParser::State::Failed:
        service_.stats.bad_requests.fetch_add(1, kRelaxed);
        give_up(error_response(parser_->failure().status, parser_->failure().message));
        return used;
    }
  }
  return used;
}

void Http1::begin() {
  phase_ = Phase::Head;
  keep_alive_ = true;
  started_ = channel_.now();
  channel_.set_deadline(started_ + service_.limits.header_timeout);
}

void Http1::on_head() {
  head_ = parser_->head();
  head_->peer = peer_;
  head_->request_id = request_id_for(head_->header("X-Request-Id").value_or(std::string_view()));
  keep_alive_ = head_->keep_alive && service_.phase.load(kRelaxed) == Service::Phase::Running;
  continue_due_ = head_->expects_continue;
  ticket_ = std::make_shared<Ticket>(mailbox_, weak_from_this(), ++serial_);
  request_.emplace(head_);
  responder_.emplace(ticket_);
  phase_ = Phase::Body;
  body_started_ = channel_.now();
  channel_.set_deadline(body_started_ + service_.limits.body_timeout);

  bool go_on = false;
  const auto ticket = ticket_;
  const Ticket::DirectScope direct(*ticket);
  try {
    go_on = admit(*request_);
  } catch (const std::exception& error) {
    log::error("http.filter_failed", {{"what", error.what()}});
    ticket_->answer(error_response(500));
  } catch (...) {
    log::error("http.filter_failed", {{"what", "not a std::exception"}});
    ticket_->answer(error_response(500));
  }
  if (go_on && !held_) {
    parser_->limit_body(route_->options.body_limit_bytes);
    return;
  }
  request_.reset();
  responder_.reset();
  skip_body();
}

bool Http1::admit(Request& request) {
  if (service_.stats.requests_in_flight.load(kRelaxed) >= service_.limits.requests_in_flight) {
    service_.stats.overloads.fetch_add(1, kRelaxed);
    responder_->send(overload_response("too many requests are running"));
    return false;
  }
  return route(request);
}

bool Http1::route(Request& request) {
  const auto answer = [this](Response response) {
    responder_->send(std::move(response));
    return false;
  };
  using Outcome = Router::Match::Outcome;
  const Router& router = service_.router;
  const std::string_view path = request.path();
  if (path.empty()) {
    return answer(error_response(400, "the request target is malformed"));
  }
  Router::Match match = router.match(request.method(), path);
  if (match.outcome == Outcome::BadEscape) {
    return answer(
        error_response(400, "Failed to decode param '" + printable_path(match.bad_segment) + "'"));
  }
  auto query = parse_query(split_target(request.target()).query);
  if (!query) {
    return answer(error_response(400, "the query string contains NUL"));
  }
  request.set_query(std::move(*query));
  route_ = match.route;
  request.set_route(match.route, std::move(match.params));
  if (match.outcome != Outcome::Found && request.method() == "OPTIONS") {
    const std::string allow = router.allowed(path);
    if (router.options_handler()) {
      return answer(router.options_handler()(request, allow));
    }
    return answer(Response::empty(204).header("Allow", allow));
  }
  for (const Filter& filter : router.filters()) {
    if (!filter(request, *responder_)) {
      return false;
    }
  }
  if (match.outcome == Outcome::Found) {
    return true;
  }
  Response response =
      error_response(404, "Cannot " + std::string(request.method()) + " " + printable_path(path));
  if (match.outcome == Outcome::WrongMethod) {
    response.header("Allow", router.allowed(path));
  }
  return answer(std::move(response));
}

// The answer does not depend on the body. A short body is read past, so that the connection stays
// of use; else the connection ends with the answer. So it does when the client waits for our word
// before it sends: nobody can tell then whether it will send at all.
void Http1::skip_body() {
  phase_ = Phase::Discard;
  if (!head_->expects_continue && head_->content_length.value_or(0) <= kMaxDiscard) {
    parser_->discard_body(kMaxDiscard);
    return;
  }
  keep_alive_ = false;
  on_complete();
}

void Http1::on_more_needed() {
  if (phase_ != Phase::Body) {
    return;
  }
  const std::size_t size = parser_->body_bytes();
  if (continue_due_) {
    continue_due_ = false;
    if (size == 0) {
      channel_.write("HTTP/1.1 100 Continue\r\n\r\n", {});
    }
  }
  account_body(size);
  if (service_.stats.body_bytes.load(kRelaxed) > service_.limits.body_bytes_in_flight) {
    service_.stats.overloads.fetch_add(1, kRelaxed);
    give_up(overload_response("too many request bodies are held"));
    return;
  }
  channel_.set_deadline(body_started_ + service_.limits.body_timeout +
                        service_.limits.earned_time(size));
}

void Http1::on_complete() {
  const bool discarded = phase_ == Phase::Discard;
  phase_ = Phase::Running;
  channel_.set_deadline(channel_.now() + service_.limits.answer_timeout);
  if (!discarded) {
    account_body(parser_->body_bytes());
    request_->set_body(parser_->take_body());
    parser_.reset();
    run_handler();
    return;
  }
  parser_.reset();
  if (held_) {
    Response response = std::move(*held_);
    send(std::move(response));
  }
}

void Http1::run_handler() {
  in_flight_ = true;
  service_.stats.requests_in_flight.fetch_add(1, kRelaxed);
  const auto ticket = ticket_;
  const Ticket::DirectScope direct(*ticket);
  Request request = std::move(*request_);
  Responder responder = std::move(*responder_);
  request_.reset();
  responder_.reset();
  const std::string_view pattern = route_->pattern;
  try {
    route_->handler(std::move(request), std::move(responder));
  } catch (const std::exception& error) {
    log::error("http.handler_failed", {{"route", pattern}, {"what", error.what()}});
    ticket->answer(error_response(500));
  } catch (...) {
    log::error("http.handler_failed", {{"route", pattern}, {"what", "not a std::exception"}});
    ticket->answer(error_response(500));
  }
}

void Http1::on_answer(std::uint64_t serial, Response&& response) {
  if (serial != serial_) {
    return;
  }
  switch (phase_) {
    case Phase::Body:  // by a filter, which may go on using its request
    case Phase::Discard:
      held_ = std::move(response);
      break;
    case Phase::Running:
      send(std::move(response));
      break;
    case Phase::Idle:
    case Phase::Head:
    case Phase::Writing:
    case Phase::Closed:
      break;
  }
}

void Http1::give_up(Response response) {
  keep_alive_ = false;
  if (phase_ == Phase::Discard) {
    on_complete();  // only the body is bad, and nobody wanted it
    return;
  }
  if (ticket_) {
    ticket_->forestall();
  }
  send(std::move(response));
}

void Http1::send(Response&& response) {
  leave_flight();
  Exchange exchange;
  exchange.peer = peer_;
  exchange.elapsed = channel_.now() - started_;
  exchange.request_body_bytes = body_accounted_;
  WireOptions wire{11, keep_alive_, {}};
  bool with_body = status_has_body(response.status);
  if (head_) {
    exchange.method = head_->view(head_->method);
    exchange.path = split_target(head_->view(head_->target)).path;
    exchange.pattern = route_ != nullptr ? std::string_view(route_->pattern) : std::string_view();
    exchange.request_id = head_->request_id;
    wire.version = head_->version;
    wire.request_id = head_->request_id;
    with_body = with_body && exchange.method != "HEAD";
    if (exchange.method == "HEAD") {
      response.takeover = nullptr;
    }
  }
  for (const ResponseHook& hook : service_.router.response_hooks()) {
    try {
      hook(exchange, response);
    } catch (...) {
      log::error("http.hook_failed");
    }
  }
  service_.stats.count_answer(exchange.method, response.status);
  std::string head = serialise_head(response, wire);
  account_body(0);
  forget_request();
  if (response.takeover) {
    phase_ = Phase::Closed;
    channel_.write(std::move(head), {});
    channel_.become(response.takeover({channel_, service_, mailbox_}));
    return;
  }
  phase_ = Phase::Writing;
  channel_.write(std::move(head), with_body ? std::move(response.body) : Body());
}

void Http1::on_drained() {
  if (phase_ != Phase::Writing) {
    return;
  }
  if (!keep_alive_) {
    channel_.finish();
    return;
  }
  phase_ = Phase::Idle;
  channel_.set_deadline(channel_.now() + service_.limits.idle_timeout);
}

void Http1::on_end_of_input() {
  if (phase_ == Phase::Idle) {
    channel_.finish();
  } else {
    service_.stats.bad_requests.fetch_add(1, kRelaxed);
    give_up(error_response(400, "the request ends early"));
  }
}

void Http1::on_timeout() {
  service_.stats.connections_timed_out.fetch_add(phase_ == Phase::Running ? 0 : 1, kRelaxed);
  switch (phase_) {
    case Phase::Idle:
      channel_.finish();
      break;
    case Phase::Head:
    case Phase::Body:
    case Phase::Discard:
      give_up(error_response(408));
      break;
    case Phase::Running:
      if (ticket_) {
        ticket_->cancel();
      }
      send(error_response(504));
      break;
    case Phase::Writing:
    case Phase::Closed:
      break;
  }
}

void Http1::on_drain() {
  keep_alive_ = false;
  if (phase_ == Phase::Idle) {
    channel_.finish();
  }
}

void Http1::on_closed() {
  const auto ticket = ticket_;
  phase_ = Phase::Closed;
  if (in_flight_) {
    service_.stats.cancelled.fetch_add(1, kRelaxed);
  }
  leave_flight();
  account_body(0);
  forget_request();
  if (ticket) {
    ticket->cancel();
  }
}

void Http1::forget_request() {
  if (ticket_ && responder_) {
    ticket_->forestall();
  }
  responder_.reset();
  request_.reset();
  held_.reset();
  parser_.reset();
  head_.reset();
  ticket_.reset();
  route_ = nullptr;
}

void Http1::account_body(std::size_t bytes) {
  // Wraps around for a difference below zero, and back.
  service_.stats.body_bytes.fetch_add(bytes - body_accounted_, kRelaxed);
  body_accounted_ = bytes;
}

void Http1::leave_flight() {
  if (in_flight_) {
    in_flight_ = false;
    service_.stats.requests_in_flight.fetch_sub(1, kRelaxed);
  }
}

}  // namespace waxwing::http
