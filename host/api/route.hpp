// SPDX-License-Identifier: Apache-2.0
// The rows of the API's route table: what is served, who may call it, what the documents say of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/auth.hpp"
#include "api/context.hpp"
#include "base/json_fwd.hpp"
#include "base/json_schema.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "session/session.hpp"

namespace waxwing::api {

struct Row;

// One request on its way through a handler.
struct Call {
  http::Request request;
  http::Responder responder;
  Identity who;
  const Row* row = nullptr;  // that it came to; outlives the call
  bool known = true;         // has a valid key; false comes to rows of Access::Socket alone

  void send(http::Response response) { responder.send(std::move(response)); }
  // 403 sent, when the key may not do this with that session.
  [[nodiscard]] bool refused(Access access, std::string_view session);
};

using Handler = void (*)(const Context& context, Call&& call);
// Makes an operation's arguments of what a caller sent under other names, or says what is wrong
// with those.
using Adapt = std::vector<Violation> (*)(Json& arguments);

struct Query {
  std::string_view name;
  std::string_view description;
  bool required = false;
  std::vector<std::string_view> choices;  // empty = any text
};

// Made by add_row() and completed by the functions below, one after the other.
struct Row {
  std::string_view method;
  std::string_view pattern;  // "/api/sessions/{session}"; {session} is checked against the key
  Access access = Access::Admin;
  Handler handler = nullptr;
  std::string_view tag;      // group in the documents; empty = not documented
  std::string_view summary;  // one line
  int success = 200;
  std::string_view request_schema;   // component of the OpenAPI document; empty = no body
  std::string_view response_schema;  // likewise; empty = no body
  std::string_view operation;        // of the engine, where the row is no more than that
  session::Need need = session::Need::Working;  // of that operation
  Adapt adapt = nullptr;                        // likewise
  std::vector<Query> query;
  bool deprecated = false;
  bool alias = false;    // of another row: served, not documented
  bool picture = false;  // answers a picture, or Base64File for Accept: application/json
  bool stream = false;   // answers server-sent events

  Row& takes(std::string_view schema) {
    request_schema = schema;
    return *this;
  }
  Row& answers(int status, std::string_view schema = {}) {
    success = status;
    response_schema = schema;
    return *this;
  }
  Row& runs(std::string_view engine_operation,
            session::Need session_need = session::Need::Working) {
    operation = engine_operation;
    need = session_need;
    return *this;
  }
  Row& adapts(Adapt function) {
    adapt = function;
    return *this;
  }
  // Else the body or the query of an operation's row names the session, and `access` is about that.
  [[nodiscard]] bool session_in_path() const {
    return pattern.find("{session}") != std::string_view::npos;
  }
  Row& asks(std::string_view name, std::string_view description, bool required = false) {
    query.push_back({name, description, required, {}});
    return *this;
  }
  // Optional, and one of these.
  Row& asks_choice(std::string_view name, std::string_view description,
                   std::vector<std::string_view> choices) {
    query.push_back({name, description, false, std::move(choices)});
    return *this;
  }
  Row& answers_picture() {
    picture = true;
    return *this;
  }
  Row& answers_stream() {
    stream = true;
    return *this;
  }
  Row& is_deprecated() {
    deprecated = true;
    return *this;
  }
  Row& is_alias() {
    alias = true;
    return *this;
  }
};

// The reference is good until the next row.
inline Row& add_row(std::vector<Row>& rows, std::string_view tag, std::string_view method,
                    std::string_view pattern, Access access, Handler handler,
                    std::string_view summary) {
  Row& row = rows.emplace_back();
  row.method = method;
  row.pattern = pattern;
  row.access = access;
  row.handler = handler;
  row.tag = tag;
  row.summary = summary;
  return row;
}

inline constexpr std::string_view kSessionsTag = "🖥️ Sessions";
inline constexpr std::string_view kPairingTag = "📱 Pairing";
inline constexpr std::string_view kChattingTag = "📤 Chatting";
inline constexpr std::string_view kChatsTag = "💬 Chats";
inline constexpr std::string_view kContactsTag = "👤 Contacts";
inline constexpr std::string_view kGroupsTag = "👥 Groups";
inline constexpr std::string_view kPresenceTag = "✅ Presence";
inline constexpr std::string_view kObservabilityTag = "🔍 Observability";
inline constexpr std::string_view kEventsTag = "📨 Events";
inline constexpr std::string_view kPluginsTag = "🔌 Plugins";

// What begins so is behind the dashboard's password, the other pages behind that of the API page.
inline constexpr std::string_view kDashboardPath = "/dashboard";

// Each file of handlers has its own part of the table.
void add_session_rows(std::vector<Row>& rows);
void add_pairing_rows(std::vector<Row>& rows);
void add_operation_rows(std::vector<Row>& rows);
void add_standard_operations(std::vector<Row>& rows);  // of those
void add_socket_rows(std::vector<Row>& rows);
void add_server_rows(std::vector<Row>& rows, const config::Config& config);
void add_webhook_rows(std::vector<Row>& rows);
void add_plugin_rows(std::vector<Row>& rows);
void add_proxy_rows(std::vector<Row>& rows);
void add_page_rows(std::vector<Row>& rows, const config::Config& config);

// The whole table.
[[nodiscard]] std::vector<Row> all_rows(const config::Config& config);

}  // namespace waxwing::api
