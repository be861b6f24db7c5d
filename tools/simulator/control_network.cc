// SPDX-License-Identifier: Apache-2.0
// Operations on the network and the servers: faults, ends of connections, what was seen.
#include "connection.hpp"
#include "control_call.hpp"
#include "control_json.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

void end_stream(const Call& call) {
  const auto connection = call.connection();
  if (!connection) {
    return;
  }
  const json code = call.body.value("code", json());
  connection->end_stream(
      code.is_number_unsigned() ? std::optional(code.get<std::uint32_t>()) : std::nullopt,
      call.text("conflict"));
  call.answer(json::object());
}

void drop_one(const Call& call) {
  if (const auto connection = call.connection()) {
    connection->close();
    call.answer(json::object());
  }
}

void drop_all(const Call& call) {
  call.answer({{"closed", call.server.drop_connections()}});
}

void show_faults(const Call& call) {
  call.answer(to_json(call.server.faults()));
}

void set_faults(const Call& call) {
  Faults faults;
  if (const std::string problem = read_faults(call.body, faults); !problem.empty()) {
    return call.fail(422, problem);
  }
  call.server.set_faults(faults);
  call.answer(to_json(faults));
}

void show_violations(const Call& call) {
  call.answer(to_json(call.server.violations()));
}

void clear_violations(const Call& call) {
  call.server.violations().clear();
  call.answer(json::object());
}

void show_transcript(const Call& call) {
  std::string lines;
  for (const std::string& line : call.server.transcript()) {
    lines += line + "\n";
  }
  call.reply({200, "text/plain; charset=utf-8", std::move(lines)});
}

void clear_transcript(const Call& call) {
  call.server.clear_transcript();
  call.answer(json::object());
}

constexpr Operation kOperations[] = {
    {"POST", "/accounts/{}/devices/{}/stream-error", end_stream},
    {"POST", "/accounts/{}/devices/{}/drop", drop_one},
    {"POST", "/drop", drop_all},
    {"GET", "/faults", show_faults},
    {"PUT", "/faults", set_faults},
    {"GET", "/violations", show_violations},
    {"DELETE", "/violations", clear_violations},
    {"GET", "/transcript", show_transcript},
    {"DELETE", "/transcript", clear_transcript},
};

}  // namespace

std::span<const Operation> network_operations() {
  return kOperations;
}

}  // namespace waxwing::simulator
