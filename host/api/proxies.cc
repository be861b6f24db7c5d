// SPDX-License-Identifier: Apache-2.0
// /api/{session}/proxy: which proxy a session goes through, and another one.
#include "api/answers.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"

namespace waxwing::api {
namespace {

constexpr int kUnprocessable = 422;
constexpr int kUnavailable = 503;

Json lease_json(const std::string& purpose, const session::HeldLease& lease) {
  return {{"purpose", purpose},
          {"url", lease.url.empty() ? Json() : Json(lease.url)},
          {"expiresAt", lease.expires_at_ms > 0 ? Json(lease.expires_at_ms) : Json()}};
}

void show(const Context& context, Call&& call) {
  const auto session = find_or_404(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  session->list_leases(
      [responder = std::move(call.responder)](const session::Session::Leases& leases) mutable {
        Json held = Json::array();
        for (const auto& [purpose, lease] : leases.held) {
          held.push_back(lease_json(purpose, lease));
        }
        responder.send(http::Response::json(
            200, json::dump({{"module", leases.module}, {"leases", std::move(held)}})));
      });
}

void rotate(const Context& context, Call&& call) {
  const auto session = find_or_404(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  session->rotate_proxy([responder = std::move(call.responder)](const Status& status) mutable {
    if (status.is_ok()) {
      responder.send(http::Response::json(200, json::dump({{"rotated", true}})));
    } else {
      const bool later = status.code() == Code::Unavailable;
      responder.send(http::error_response(later ? kUnavailable : kUnprocessable, status.message()));
    }
  });
}

}  // namespace

void add_proxy_rows(std::vector<Row>& rows) {
  add_row(rows, kSessionsTag, "GET", "/api/{session}/proxy", Access::Read, show,
          "Show the proxies that the session holds, without credentials")
      .answers(200, "SessionProxy");
  add_row(rows, kSessionsTag, "POST", "/api/{session}/proxy/rotate", Access::Control, rotate,
          "Have the session's proxy module choose another proxy")
      .answers(200, "ProxyRotation");
}

}  // namespace waxwing::api
