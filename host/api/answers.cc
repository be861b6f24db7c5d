// SPDX-License-Identifier: Apache-2.0
// Session objects, pictures and the results of engine operations.
#include "api/answers.hpp"

#include "api/errors.hpp"
#include "api/operation_schemas.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "plugin/blob.hpp"
#include "plugin/registry.hpp"
#include "session/state.hpp"

namespace waxwing::api {

using session::Need;

http::Body session_body(const session::Session& session, bool with_apps) {
  auto json = session.view().json();
  if (!with_apps) {
    return json;
  }
  return json->substr(0, json->size() - 1) + R"(,"apps":[]})";
}

session::Manager::SessionPtr find_or_404(const Context& context, Call& call,
                                         std::string_view name) {
  auto session = context.sessions.find(name);
  if (!session) {
    call.send(no_such_session());
  }
  return session;
}

session::Manager::SessionPtr find_or_422(const Context& context, Call& call,
                                         std::string_view name) {
  auto session = context.sessions.find(name);
  if (!session) {
    call.send(no_such_session_422(name));
  }
  return session;
}

bool accepts_only_json(const http::Request& request) {
  const std::string_view accept = request.header_or_empty("accept");
  const auto names = [&](std::string_view type) { return accept.find(type) != accept.npos; };
  return names("application/json") && !names("image/") && !names("*/*");
}

http::Response picture(const http::Request& request, std::string mimetype, std::string bytes) {
  if (!accepts_only_json(request)) {
    return http::Response::of_type(200, std::move(mimetype), std::move(bytes));
  }
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("mimetype").value(mimetype);
  out.key("data").value(base64_encode(bytes)).end_object();
  return http::Response::json(200, std::move(body));
}

http::Response call_failure(const session::Session& session, Need need, const Status& status,
                            std::string_view operation, std::string_view details) {
  if (status.code() == Code::Unsupported) {
    return not_supported(session.view().snapshot().engine, operation);
  }
  const session::State state = session.view().state();
  const session::State wanted =
      need == Need::Working ? session::State::Working : session::State::ScanQrCode;
  // In the wanted state it is WhatsApp that refuses: not a member, not an admin, blocked.
  if (status.code() == Code::State && need != Need::Running && state != wanted) {
    return wrong_state(status, session.name(), to_string(state), to_string(wanted));
  }
  return from_status(status, details);
}

void run_operation(const Context& context, Call&& call, const session::Manager::SessionPtr& session,
                   Need need, std::string operation, const Json& arguments, int success) {
  const auto engine = context.plugins.find_engine(session->view().snapshot().engine);
  const auto* op = engine.has_value() ? engine->info->find_op(operation) : nullptr;
  // No use waiting for WORKING.
  if (need == Need::Working && engine.has_value() && op == nullptr) {
    call.send(not_supported(session->view().snapshot().engine, operation));
    return;
  }
  const auto violations = check_arguments(operation, op, arguments);
  if (!violations.empty()) {
    call.send(from_violations(violations));
    return;
  }
  plugin_host::Request request{
      operation, json::dump(arguments), {}, std::string(call.request.request_id())};
  session->call(need, std::move(request),
                [call = std::make_shared<Call>(std::move(call)), session, need, success,
                 operation](plugin_host::Answer answer) {
                  if (!answer.status.is_ok()) {
                    call->send(call_failure(*session, need, answer.status, operation, answer.json));
                    return;
                  }
                  if (answer.parts.empty() || !answer.parts.front().blob) {
                    call->send(answer.json.empty() || answer.json == "null"
                                   ? http::Response::empty(success)
                                   : http::Response::json(success, std::move(answer.json)));
                    return;
                  }
                  const plugin_host::Part& part = answer.parts.front();
                  auto bytes = part.blob->read_all();
                  call->send(bytes.has_value()
                                 ? picture(call->request, part.mimetype, std::move(*bytes))
                                 : from_status(bytes.error()));
                });
}

}  // namespace waxwing::api
