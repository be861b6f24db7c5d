// SPDX-License-Identifier: Apache-2.0
// Listening to events: /ws and /api/events.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/route.hpp"
#include "config/config.hpp"
#include "event/bus.hpp"
#include "event/filter.hpp"
#include "http/event_stream.hpp"
#include "http/websocket.hpp"

namespace waxwing::api {
namespace {

// The session that the client asks for; "" for all of them. A key of one session turns all into
// that one. Nothing when the key does not allow it.
std::optional<std::string> wanted_session(const Call& call) {
  std::string name(call.request.query("session").value_or("*"));
  if (name.empty() || name == "*") {
    name = call.who.session;  // an administrator has none
  }
  return call.who.may(Access::Read, name) ? std::optional(std::move(name)) : std::nullopt;
}

event::Filter wanted_events(const http::Request& request) {
  std::string list;
  for (const std::string_view value : request.query_all("events")) {
    list.append(value).append(",");
  }
  event::Filter filter = event::Filter::parse(list);
  return filter.empty() ? event::Filter::parse("*") : filter;
}

// Both point into the event, which lives as long as anybody still sends it.
http::Message message_of(const event::EventPtr& event) {
  return {{event, &event->json}, {event, &event->id}};
}

http::Stream new_stream(const Context& context) {
  const config::Sockets& settings = context.config.sockets;
  return {std::make_shared<http::Feed>(
              http::FeedLimits{settings.waiting_mb << 20U, settings.waiting_events}),
          nullptr, settings.ping};
}

// Fills the stream with the events of now on, and with those behind `since`.
void listen(const Context& context, http::Stream& stream, const std::string& session,
            event::Filter filter, std::optional<std::string_view> since) {
  event::Bus::Listener listener = [feed = stream.feed](const event::EventPtr& event) {
    feed->post(message_of(event));
  };
  // What comes meanwhile waits in the feed behind the past.
  std::vector<event::EventPtr> past;
  stream.companion =
      context.events.subscribe_client(session, since, past, std::move(listener), std::move(filter));
  std::vector<http::Message> messages;
  for (const event::EventPtr& event : past) {
    messages.push_back(message_of(event));
  }
  stream.feed->put_first(std::move(messages));
}

// Contract 3.3: who may not listen is let in and told so by a close frame.
void websocket(const Context& context, Call&& call) {
  if (auto problem = http::websocket_problem(call.request)) {
    call.send(std::move(*problem));
    return;
  }
  http::Stream stream = new_stream(context);
  const auto session = wanted_session(call);
  if (!call.known) {
    stream.feed->end(net::ws_close::kPolicy, "Unauthorized");
  } else if (!session.has_value()) {
    stream.feed->end(net::ws_close::kPolicy, "Forbidden");
  } else {
    listen(context, stream, *session, wanted_events(call.request), call.request.query("since"));
  }
  call.send(http::websocket_response(call.request, std::move(stream)));
}

void event_stream(const Context& context, Call&& call) {
  const auto session = wanted_session(call);
  if (!session.has_value()) {
    call.send(http::error_response(403));
    return;
  }
  http::Stream stream = new_stream(context);
  stream.pulse = context.config.sockets.heartbeat;
  // A browser sends the header when it comes back by itself; the URL is that of its first visit.
  auto since = call.request.header("last-event-id");
  if (!since.has_value()) {
    since = call.request.query("since");
  }
  listen(context, stream, *session, wanted_events(call.request), since);
  call.send(http::event_stream_response(std::move(stream)));
}

Row& asks_for_events(Row& row) {
  return row.asks("session", "Name of a session, or * for all that the key may see; * without it.")
      .asks("events", "Names of events, with commas or repeated; * without it.")
      .asks("since", "Id of an event: what came after it is sent first, as far as it is kept.");
}

}  // namespace

void add_socket_rows(std::vector<Row>& rows) {
  asks_for_events(add_row(rows, kEventsTag, "GET", "/ws", Access::Socket, websocket,
                          "Listen to events on a WebSocket"))
      .asks("x-api-key", "The key, for clients that cannot send the header.")
      .answers(101);
  asks_for_events(add_row(rows, kEventsTag, "GET", "/api/events", Access::AnyKey, event_stream,
                          "Listen to events as server-sent events"))
      .asks("x-api-key", "The key, for clients that cannot send the header.")
      .answers_stream();
}

}  // namespace waxwing::api
