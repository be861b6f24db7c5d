// SPDX-License-Identifier: Apache-2.0
// Tokens, handles and events of the other side, as ours.
#include "plugin/abi_events.hpp"

#include "plugin/blob.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {

std::shared_ptr<EngineSession> live_session(const wax_host* host, wax_session* token,
                                            std::string_view function) {
  Module& module = module_of(host);
  auto session = module.services().sessions.get(reinterpret_cast<std::uint64_t>(token));
  if (!session || &session->module() != &module) {
    module.misbehaved(Misbehaviour::LateCall, function);
    return nullptr;
  }
  return session;
}

std::shared_ptr<EngineSession> session_of_handle(const wax_host* host, std::uint64_t handle,
                                                 std::string_view function) {
  Module& module = module_of(host);
  auto session = module.services().sessions.at_slot(handle_slot(handle));
  return session && &session->module() == &module && session->check_loop(function) ? session
                                                                                   : nullptr;
}

std::vector<EngineEvent> copy_events(Module& module, const wax_event* events, std::uint32_t count) {
  std::vector<EngineEvent> copies;
  for_each_element(events, count, [&](const wax_event& raw) {
    EngineEvent event;
    event.type = std::string(view(raw.type));
    event.json = std::string(view(raw.json));
    event.order_key = std::string(view(raw.order_key));
    event.ephemeral = (raw.flags & WAX_EVENT_EPHEMERAL) != 0;
    event.timestamp_ms = raw.timestamp_ms;
    for_each_element(raw.parts, raw.parts_count, [&](const wax_part& part) {
      event.parts.push_back(
          {std::string(view(part.name)), std::string(view(part.mimetype)),
           std::string(view(part.filename)),
           module.services().blobs.get(reinterpret_cast<std::uint64_t>(part.blob)).blob});
    });
    if (!event.type.empty() && event.json.starts_with('{') && event.json.ends_with('}')) {
      copies.push_back(std::move(event));
    }
  });
  return copies;
}

}  // namespace waxwing::plugin_host
