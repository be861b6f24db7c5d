// SPDX-License-Identifier: Apache-2.0
// Linking an account: QR code, pairing code, passkey, and the screenshot that shows it.
#include <memory>

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "media/qr_image.hpp"
#include "plugin/registry.hpp"
#include "session/state.hpp"

namespace waxwing::api {
namespace {

using session::Need;
using SessionPtr = session::Manager::SessionPtr;

constexpr int kUnprocessable = 422;
constexpr char kRequestCode[] = "auth.requestCode";
constexpr char kScreenshot[] = "session.screenshot";

// Sends the present code as a picture.
void send_qr_picture(const std::shared_ptr<Call>& call, const SessionPtr& session) {
  session->qr([call, session](const Result<session::QrCode>& code) {
    if (!code.has_value()) {
      call->send(call_failure(*session, Need::ScanQrCode, code.error(), "qr"));
      return;
    }
    auto png = media::qr_png(code->text);
    call->send(png.has_value() ? picture(call->request, "image/png", std::move(*png))
                               : from_status(png.error()));
  });
}

void qr(const Context& context, Call&& call) {
  const std::string_view format = call.request.query("format").value_or("image");
  if (format != "image" && format != "raw") {
    call.send(
        from_violations({{"format", "must be one of the following values: image, raw", false}}));
    return;
  }
  const auto session = find_or_422(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  const bool raw = format == "raw";
  auto shared = std::make_shared<Call>(std::move(call));
  if (!raw) {
    send_qr_picture(shared, session);
    return;
  }
  session->qr([shared, session](const Result<session::QrCode>& code) {
    if (!code.has_value()) {
      shared->send(call_failure(*session, Need::ScanQrCode, code.error(), "qr"));
      return;
    }
    std::string body;
    JsonWriter out(body);
    out.begin_object().key("value").value(code->text);
    if (code->expires_ms != 0) {
      out.key("expiresAt").value(code->expires_ms);
    }
    out.end_object();
    shared->send(http::Response::json(200, std::move(body)));
  });
}

void request_code(const Context& context, Call&& call) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  const auto session = find_or_404(context, call, call.request.param("session"));
  if (!session) {
    return;
  }
  if (session->view().state() == session::State::Stopped) {
    // Anything but running is a 404 here, whatever the state that the call needs.
    run_operation(context, std::move(call), session, Need::Running, kRequestCode, *body, 201);
    return;
  }
  run_operation(context, std::move(call), session, Need::ScanQrCode, kRequestCode, *body, 201);
}

void screenshot(const Context& context, Call&& call) {
  const std::string name(call.request.query("session").value_or("default"));
  if (call.refused(Access::Read, name)) {
    return;
  }
  const auto session = find_or_404(context, call, name);
  if (!session) {
    return;
  }
  const session::Snapshot snapshot = session->view().snapshot();
  const auto engine = context.plugins.find_engine(snapshot.engine);
  const bool has_page = engine.has_value() && engine->info->find_op(kScreenshot) != nullptr;
  if (has_page || snapshot.state == session::State::Stopped) {
    run_operation(context, std::move(call), session, Need::Running, kScreenshot, Json::object(),
                  200);
    return;
  }
  // An engine without a browser shows its QR code while there is one.
  switch (snapshot.state) {
    case session::State::ScanQrCode:
      send_qr_picture(std::make_shared<Call>(std::move(call)), session);
      return;
    case session::State::Starting:
      call.send(http::error_response(kUnprocessable, "The session is starting, try again later"));
      return;
    case session::State::Working:
      call.send(http::error_response(
          kUnprocessable, "The " + snapshot.engine +
                              " engine has no browser to take a screenshot of. The session is "
                              "WORKING"));
      return;
    default:
      call.send(http::error_response(kUnprocessable,
                                     "There is nothing to take a screenshot of: the session is " +
                                         std::string(to_string(snapshot.state))));
  }
}

}  // namespace

void add_pairing_rows(std::vector<Row>& rows) {
  const auto add = [&](std::string_view method, std::string_view pattern, Access access,
                       Handler handler, std::string_view summary) -> Row& {
    return add_row(rows, kPairingTag, method, pattern, access, handler, summary);
  };
  constexpr std::string_view kQr = "/api/{session}/auth/qr";
  add("GET", kQr, Access::Control, qr, "Get the QR code")
      .asks_choice("format", "image (the default) or raw.", {"image", "raw"})
      .answers_picture();
  add("POST", kQr, Access::Control, qr, "Get the QR code").is_alias();
  add("POST", "/api/{session}/auth/request-code", Access::Control, request_code,
      "Get a pairing code for a phone number")
      .runs(kRequestCode)
      .answers(201);
  add("GET", "/api/{session}/auth/passkey/challenge", Access::Control, run_row,
      "Get the pending passkey challenge")
      .runs("auth.passkeyChallenge", Need::Running);
  add("POST", "/api/{session}/auth/passkey", Access::Control, run_row,
      "Answer the passkey challenge")
      .runs("auth.passkeyAssert", Need::Running)
      .answers(201);
  add("GET", "/api/{session}/auth/passkey/confirmation", Access::Control, run_row,
      "Get the code to compare with the phone")
      .runs("auth.passkeyConfirmation", Need::Running);
  add("POST", "/api/{session}/auth/passkey/confirm", Access::Control, run_row,
      "Confirm that the codes are the same")
      .runs("auth.passkeyConfirm", Need::Running)
      .answers(201);
  add("GET", "/api/screenshot", Access::Read, screenshot, "Get a picture of the session")
      .runs(kScreenshot)
      .asks("session", "Name of the session.", true)
      .answers_picture();
}

}  // namespace waxwing::api
