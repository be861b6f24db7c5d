// SPDX-License-Identifier: Apache-2.0
// Operations of engines: those with a path of their own, and all others by name.
#include <memory>

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "plugin/registry.hpp"

namespace waxwing::api {
namespace {

using session::Need;

constexpr int kUnprocessable = 422;

// Takes the session's name out of the arguments, checks the key against it, finds the session.
session::Manager::SessionPtr take_session(const Context& context, Call& call, Access access,
                                          Json& arguments) {
  const std::string name = json::string_or(arguments, "session", "");
  if (name.empty()) {
    call.send(http::error_response(kUnprocessable, "Session name is required"));
    return nullptr;
  }
  if (call.refused(access, name)) {
    return nullptr;
  }
  arguments.erase("session");
  auto session = context.sessions.find(name);
  if (!session) {
    call.send(no_such_session_422(name));
  }
  return session;
}

void send_text(const Context& context, Call&& call) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  if (const auto session = take_session(context, call, Access::Send, *body)) {
    run_operation(context, std::move(call), session, Need::Working, "messages.sendText", *body,
                  201);
  }
}

void check_exists(const Context& context, Call&& call) {
  Json arguments = Json::object();
  for (const auto& [name, value] : call.request.query()) {
    arguments.emplace(name, value);
  }
  if (const auto session = take_session(context, call, Access::Read, arguments)) {
    run_operation(context, std::move(call), session, Need::Working, "contacts.checkExists",
                  arguments, 200);
  }
}

// Any operation that the engine lists: new ones need no new route.
void run_named(const Context& context, Call&& call) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  const std::string name(call.request.param("session"));
  const auto session = context.sessions.find(name);
  if (!session) {
    call.send(no_such_session_422(name));
    return;
  }
  const std::string op(call.request.param("op"));
  const auto engine = context.plugins.find_engine(session->view().snapshot().engine);
  const auto* info = engine.has_value() ? engine->info->find_op(op) : nullptr;
  if (info == nullptr) {
    call.send(not_supported(session->view().snapshot().engine, op));
    return;
  }
  const bool reads = (info->flags & WAX_OP_READ_ONLY) != 0;
  if (call.refused(reads ? Access::Read : Access::Send, name)) {
    return;
  }
  run_operation(context, std::move(call), session, Need::Working, op, *body, reads ? 200 : 201);
}

void capabilities(const Context& context, Call&& call) {
  const auto session = find_or_404(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  const std::string id = session->view().snapshot().engine;
  const auto engine = context.plugins.find_engine(id);
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("engine").value(id).key("operations").begin_array();
  if (engine.has_value()) {
    for (const auto& op : engine->info->ops) {
      out.value(op.name);
    }
  }
  out.end_array().key("events").begin_array();
  if (engine.has_value()) {
    for (const std::string& event : engine->info->events) {
      out.value(event);
    }
  }
  out.end_array().end_object();
  call.send(http::Response::json(200, std::move(body)));
}

}  // namespace

void add_operation_rows(std::vector<Row>& rows) {
  add_row(rows, kChattingTag, "POST", "/api/sendText", Access::AnyKey, send_text,
          "Send a text message")
      .runs("messages.sendText")
      .answers(201);
  add_row(rows, kContactsTag, "GET", "/api/contacts/check-exists", Access::AnyKey, check_exists,
          "Is a phone number on WhatsApp?")
      .runs("contacts.checkExists")
      .asks("phone", "The number, digits only.", true)
      .asks("session", "Name of the session.", true);
  add_row(rows, kPluginsTag, "POST", "/api/{session}/ops/{op}", Access::AnyKey, run_named,
          "Run any operation that the session's engine lists")
      .takes("OperationRequest")
      .answers(201, "OperationResult");
  add_row(rows, kPluginsTag, "GET", "/api/{session}/capabilities", Access::Read, capabilities,
          "List what the session's engine can do")
      .answers(200, "Capabilities");
}

}  // namespace waxwing::api
