// SPDX-License-Identifier: Apache-2.0
// /api/sessions: the sessions themselves.
#include <algorithm>
#include <memory>

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "config/config.hpp"
#include "session/state.hpp"

namespace waxwing::api {
namespace {

using session::Manager;
using SessionPtr = Manager::SessionPtr;

constexpr int kUnprocessable = 422;

// Members of the bodies, but for `config`, which has a schema of its own.
const JsonSchema& body_schema() {
  static const JsonSchema schema = JsonSchema::compile(Json::parse(R"({
        "type": "object", "additionalProperties": false,
        "properties": {
          "name": {"type": ["string", "null"]},
          "start": {"type": ["boolean", "null"]},
          "logout": {"type": ["boolean", "null"]},
          "engine": {"type": ["string", "null"]},
          "storage": {"type": ["string", "null"]},
          "proxyModule": {"type": ["string", "null"]},
          "apps": {"type": ["array", "null"]},
          "config": {"type": ["object", "null"]}
        }})"))
                                       .value();
  return schema;
}

// What create and update take, checked.
struct SessionBody {
  std::string name;
  bool start = true;
  bool logout = false;
  bool has_apps = false;
  std::optional<std::string> config_json;
  session::Choice choice;
};

std::optional<std::string> text_of(const Json& object, std::string_view key) {
  const Json* value = json::find(object, key);
  return value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty()
             ? std::optional(value->get<std::string>())
             : std::nullopt;
}

// Nothing, and an answer sent, when the body is not as it should be.
std::optional<SessionBody> read_body(const Context& context, Call& call, bool strict,
                                     bool check_name) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return std::nullopt;
  }
  std::vector<Violation> violations = body_schema().validate(*body);
  if (!strict) {
    std::erase_if(violations, [](const Violation& v) { return v.unknown; });
  }
  SessionBody out;
  out.name = json::string_or(*body, "name", "");
  if (check_name && !out.name.empty() && violations.empty()) {
    violations = config::check_session_name(out.name);
  }
  if (const auto it = body->find("config"); it != body->end() && it->is_object()) {
    const auto more = context.session_config.check(*it, strict);
    violations.insert(violations.end(), more.begin(), more.end());
    if (violations.empty()) {
      out.config_json = json::dump(*it);
    }
  }
  if (!violations.empty()) {
    call.send(from_violations(violations));
    return std::nullopt;
  }
  const Json* apps = json::find(*body, "apps");
  out.has_apps = apps != nullptr;
  if (apps != nullptr && !apps->empty()) {
    call.send(http::error_response(kUnprocessable, "Apps are not available on this server"));
    return std::nullopt;
  }
  out.start = json::bool_or(*body, "start", true);
  out.logout = json::bool_or(*body, "logout", false);
  const Json none = Json::object();
  const Json* config = json::find(*body, "config");
  const Json& in_config = config != nullptr ? *config : none;
  const auto choose = [&](std::string_view key) {
    auto top = text_of(*body, key);
    return top.has_value() ? top : text_of(in_config, key);
  };
  out.choice = {choose("engine"), choose("storage"), choose("proxyModule")};
  return out;
}

// Nothing, and a 400 sent, when `expand` asks for what there is not.
std::optional<bool> expands_apps(Call& call) {
  bool apps = false;
  for (const std::string_view value : call.request.query_all("expand")) {
    if (value != "apps") {
      call.send(from_violations({{"expand", "must be one of the following values: apps", false}}));
      return std::nullopt;
    }
    apps = true;
  }
  return apps;
}

// The failure of an operation on a session; what the choice of engine forbids is a 422.
http::Response operation_failure(const Status& status) {
  const bool semantic = status.code() == Code::Invalid || status.code() == Code::Conflict;
  return semantic ? from_status(status, kUnprocessable) : from_status(status);
}

// Answers with the session once the operation is through.
session::Session::Done answer_with(Call&& call, const SessionPtr& session, int success,
                                   bool with_apps = false) {
  return [call = std::make_shared<Call>(std::move(call)), session, success,
          with_apps](const Status& status) {
    call->send(status.is_ok() ? http::Response::json(success, session_body(*session, with_apps))
                              : operation_failure(status));
  };
}

void list(const Context& context, Call&& call) {
  const auto all = query_bool(call, "all", false);
  const auto apps = all.has_value() ? expands_apps(call) : std::nullopt;
  if (!apps.has_value()) {
    return;
  }
  std::string body = "[";
  for (const SessionPtr& session : context.sessions.list()) {
    if (!call.who.sees(session->name()) ||
        (!*all && session->view().state() == session::State::Stopped)) {
      continue;
    }
    if (body.size() > 1) {
      body += ',';
    }
    body += session_body(*session, *apps).view();
  }
  body += ']';
  call.send(http::Response::json(200, std::move(body)));
}

void get(const Context& context, Call&& call) {
  const auto apps = expands_apps(call);
  if (!apps.has_value()) {
    return;
  }
  if (const auto session = find_or_404(context, call, call.request.param("session"))) {
    call.send(http::Response::json(200, session_body(*session, *apps)));
  }
}

void create(const Context& context, Call&& call) {
  auto body = read_body(context, call, context.config.http.strict, true);
  if (!body.has_value()) {
    return;
  }
  Manager::CreateRequest request{std::move(body->name), std::move(body->choice),
                                 std::move(body->config_json), body->start};
  context.sessions.create(
      std::move(request), [call = std::make_shared<Call>(std::move(call)),
                           apps = body->has_apps](const Result<SessionPtr>& made) {
        call->send(made.has_value() ? http::Response::json(201, session_body(**made, apps))
                                    : operation_failure(made.error()));
      });
}

void update(const Context& context, Call&& call) {
  // PUT is exempt from strict mode, as clients send back what they got.
  auto body = read_body(context, call, false, false);
  if (!body.has_value()) {
    return;
  }
  const auto session = find_or_404(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  context.sessions.update(session, body->config_json.value_or("{}"), body->choice,
                          answer_with(std::move(call), session, 200, body->has_apps));
}

void remove(const Context& context, Call&& call) {
  const std::string name(call.request.param("session"));
  context.sessions.remove(
      name, [call = std::make_shared<Call>(std::move(call))](const Status& status) {
        call->send(status.is_ok() ? http::Response::empty(200) : operation_failure(status));
      });
}

template <void (session::Session::*kOperation)(session::Session::Done)>
void operate(const Context& context, Call&& call) {
  if (const auto session = find_or_404(context, call, call.request.param("session"))) {
    ((*session).*kOperation)(answer_with(std::move(call), session, 201));
  }
}

void me(const Context& context, Call&& call) {
  if (const auto session = find_or_404(context, call, call.request.param("session"))) {
    call.send(http::Response::json(200, session->view().me_json()));
  }
}

template <const char* kOperation>
void account(const Context& context, Call&& call) {
  if (const auto session = find_or_404(context, call, call.request.param("session"))) {
    run_operation(context, std::move(call), session, session::Need::Running, kOperation,
                  Json::object(), 200);
  }
}

constexpr char kCapping[] = "account.capping";
constexpr char kTimelock[] = "account.timelock";

// Deprecated
// ----------------------------------------------------------------------------------------

// The body's session name; nothing, and an answer sent, when it is missing or not this key's.
std::optional<SessionBody> named_body(const Context& context, Call& call, Access access) {
  auto body = read_body(context, call, false, true);
  if (!body.has_value()) {
    return std::nullopt;
  }
  if (body->name.empty()) {
    call.send(http::error_response(kUnprocessable, "Session name is required"));
    return std::nullopt;
  }
  if (call.refused(access, body->name)) {
    return std::nullopt;
  }
  return body;
}

http::Response short_answer(const session::Session& session) {
  const session::Snapshot snapshot = session.view().snapshot();
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("name").value(session.name()).key("status");
  out.value(to_string(snapshot.state)).key("config").raw(snapshot.config_json).end_object();
  return http::Response::json(201, std::move(text));
}

void old_start(const Context& context, Call&& call) {
  auto body = named_body(context, call, Access::Control);
  if (!body.has_value()) {
    return;
  }
  const auto session = context.sessions.find(body->name);
  auto shared = std::make_shared<Call>(std::move(call));
  if (!session) {
    if (shared->refused(Access::Admin, body->name)) {
      return;
    }
    Manager::CreateRequest request{body->name, body->choice, body->config_json, true};
    context.sessions.create(std::move(request), [shared](const Result<SessionPtr>& made) {
      shared->send(made.has_value() ? short_answer(**made) : operation_failure(made.error()));
    });
    return;
  }
  if (session->view().state() != session::State::Stopped) {
    shared->send(
        http::error_response(kUnprocessable, "Session '" + body->name + "' is already started."));
    return;
  }
  const auto start = [shared, session](const Status& status) {
    if (!status.is_ok()) {
      shared->send(operation_failure(status));
      return;
    }
    session->start([shared, session](const Status& started) {
      shared->send(started.is_ok() ? short_answer(*session) : operation_failure(started));
    });
  };
  if (body->config_json.has_value()) {
    context.sessions.update(session, *body->config_json, body->choice, start);
  } else {
    start(Status::ok());
  }
}

void old_delete(const Context& context, Call&& call, const std::string& name) {
  context.sessions.remove(
      name, [call = std::make_shared<Call>(std::move(call))](const Status& status) {
        call->send(status.is_ok() ? http::Response::empty(201) : operation_failure(status));
      });
}

void old_stop(const Context& context, Call&& call) {
  const auto body = named_body(context, call, Access::Control);
  if (!body.has_value()) {
    return;
  }
  if (body->logout) {
    if (!call.refused(Access::Erase, body->name)) {
      old_delete(context, std::move(call), body->name);
    }
    return;
  }
  if (const auto session = context.sessions.find(body->name)) {
    session->stop([call = std::make_shared<Call>(std::move(call))](const Status& status) {
      call->send(status.is_ok() ? http::Response::empty(201) : operation_failure(status));
    });
  } else {
    call.send(http::Response::empty(201));
  }
}

void old_logout(const Context& context, Call&& call) {
  const auto body = named_body(context, call, Access::Erase);
  if (body.has_value()) {
    old_delete(context, std::move(call), body->name);
  }
}

}  // namespace

void add_session_rows(std::vector<Row>& rows) {
  using session::Session;
  const auto add = [&](std::string_view method, std::string_view pattern, Access access,
                       Handler handler, std::string_view summary) -> Row& {
    return add_row(rows, kSessionsTag, method, pattern, access, handler, summary);
  };
  constexpr std::string_view kOne = "/api/sessions/{session}";
  constexpr std::string_view kExpand = "\"apps\" adds the session's apps.";
  add("GET", "/api/sessions", Access::AnyKey, list, "List sessions")
      .asks_choice("all", "true lists STOPPED sessions as well.", {"true", "false"})
      .asks("expand", kExpand)
      .answers(200, "SessionList");
  add("POST", "/api/sessions", Access::Admin, create, "Create a session and start it")
      .takes("SessionCreateRequest")
      .answers(201, "SessionInfo");
  add("GET", kOne, Access::Read, get, "Get one session")
      .asks("expand", kExpand)
      .answers(200, "SessionInfo");
  add("PUT", kOne, Access::Setting, update, "Replace a session's config")
      .takes("SessionUpdateRequest")
      .answers(200, "SessionInfo");
  add("POST", kOne, Access::Setting, update, "Replace a session's config").is_alias();
  add("DELETE", kOne, Access::Erase, remove, "Unlink, stop and erase a session");
  add("POST", "/api/sessions/{session}/start", Access::Control, operate<&Session::start>,
      "Start a session")
      .answers(201, "SessionInfo");
  add("POST", "/api/sessions/{session}/stop", Access::Control, operate<&Session::stop>,
      "Stop a session")
      .answers(201, "SessionInfo");
  add("POST", "/api/sessions/{session}/restart", Access::Control, operate<&Session::restart>,
      "Restart a session")
      .answers(201, "SessionInfo");
  add("POST", "/api/sessions/{session}/logout", Access::Control, operate<&Session::logout>,
      "Unlink a session and erase its account data")
      .answers(201, "SessionInfo");
  add("GET", "/api/sessions/{session}/me", Access::Read, me, "Get the account")
      .answers(200, "MeInfo");
  add("GET", "/api/sessions/{session}/capping", Access::Read, account<kCapping>,
      "Get the account's quota of new chats")
      .runs(kCapping);
  add("GET", "/api/sessions/{session}/timelock", Access::Read, account<kTimelock>,
      "Get the account's outreach restriction")
      .runs(kTimelock);
  add("POST", "/api/sessions/start", Access::AnyKey, old_start,
      "Create or update a session and start it")
      .is_deprecated()
      .takes("SessionStartDeprecatedRequest")
      .answers(201, "SessionDTO");
  add("POST", "/api/sessions/stop", Access::AnyKey, old_stop, "Stop a session, or erase it")
      .is_deprecated()
      .takes("SessionStopDeprecatedRequest")
      .answers(201);
  add("POST", "/api/sessions/logout", Access::AnyKey, old_logout, "Erase a session")
      .is_deprecated()
      .takes("SessionLogoutDeprecatedRequest")
      .answers(201);
}

}  // namespace waxwing::api
