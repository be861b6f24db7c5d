// SPDX-License-Identifier: Apache-2.0
// Operations of engines by name, and what a session's engine can do.
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

// Any operation that the engine lists: new ones need no new route.
void run_named(const Context& context, Call&& call) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  const std::string name(call.request.param("session"));
  const auto session = find_or_422(context, call, name);
  if (!session) {
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
  add_standard_operations(rows);
  add_row(rows, kPluginsTag, "POST", "/api/{session}/ops/{op}", Access::AnyKey, run_named,
          "Run any operation that the session's engine lists")
      .takes("OperationRequest")
      .answers(201, "OperationResult");
  add_row(rows, kPluginsTag, "GET", "/api/{session}/capabilities", Access::Read, capabilities,
          "List what the session's engine can do")
      .answers(200, "Capabilities");
}

}  // namespace waxwing::api
