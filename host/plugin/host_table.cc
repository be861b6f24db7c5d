// SPDX-License-Identifier: Apache-2.0
// wax_host itself: extensions by id, and the answers to calls.
#include <algorithm>
#include <cstring>

#include "base/build_info.hpp"
#include "plugin/blob.hpp"
#include "plugin/engine_session.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/module.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

std::shared_ptr<EngineSession> session_of_call(Module& module, std::uint64_t handle) {
  auto session = module.services().sessions.at_slot(handle_slot(handle));
  // A slot may have gone to a session of another module; its calls are none of this one's.
  return session && &session->module() == &module ? session : nullptr;
}

void call_finish(const wax_host* host, wax_call* call, const wax_response* response) noexcept {
  Module& module = module_of(host);
  const auto handle = reinterpret_cast<std::uint64_t>(call);
  const auto session = session_of_call(module, handle);
  if (!session) {
    module.misbehaved(Misbehaviour::LateAnswer, "call_finish");
    return;
  }
  const wax_response r = normalised(response);
  Answer answer;
  if (response == nullptr) {
    answer.status = Status(Code::Internal, "the engine answered nothing");
  } else if (r.status != WAX_OK) {
    answer.status = Status(code_from_abi(r.status), std::string(view(r.message)));
    answer.status.retry_after(r.retry_after_ms);
  }
  answer.json = std::string(view(r.json));
  for_each_element(r.parts, r.parts_count, [&](const wax_part& part) {
    answer.parts.push_back(
        {std::string(view(part.name)), std::string(view(part.mimetype)),
         std::string(view(part.filename)),
         module.services().blobs.get(reinterpret_cast<std::uint64_t>(part.blob)).blob});
  });
  session->finish_call(handle_id(handle), std::move(answer));
}

int32_t call_cancelled(const wax_host* host, wax_call* call) noexcept {
  const auto handle = reinterpret_cast<std::uint64_t>(call);
  const auto session = session_of_call(module_of(host), handle);
  return !session || session->call_cancelled(handle_id(handle)) ? 1 : 0;
}

const void* get_extension(const wax_host* host, const char* extension_id) noexcept {
  const std::string_view id = extension_id != nullptr ? extension_id : "";
  if (id == WAX_HOST_SESSION) {
    return session_table();
  }
  if (id == WAX_HOST_EXECUTOR) {
    return executor_table();
  }
  if (id == WAX_HOST_STORE) {
    return store_table();
  }
  if (id == WAX_HOST_PROXY) {
    return proxy_table();
  }
  if (id == WAX_HOST_BLOB) {
    return blob_table();
  }
  if (id == WAX_HOST_LOG) {
    return log_table();
  }
  if (id == WAX_HOST_METRICS) {
    return metrics_table();
  }
  if (id == WAX_HOST_NET && module_of(host).services().network != nullptr) {
    return net_table();
  }
  if (id == WAX_HOST_PATHS) {
    return paths_table();
  }
  return nullptr;
}

}  // namespace

wax_host make_host(Module& module) {
  wax_host host{};
  host.struct_size = sizeof host;
  host.abi_major = WAX_ABI_MAJOR;
  host.abi_minor = WAX_ABI_MINOR;
  host.name = "waxwing";
  host.version = kVersion.data();
  host.impl = &module;
  host.get_extension = get_extension;
  host.call_finish = call_finish;
  host.call_cancelled = call_cancelled;
  return host;
}

Status status_from_abi(wax_status status, const wax_error& error, std::string_view fallback) {
  if (status == WAX_OK) {
    return Status::ok();
  }
  const std::string_view text(error.message, ::strnlen(error.message, sizeof error.message));
  Status result(code_from_abi(status), std::string(text.empty() ? fallback : text));
  result.retry_after(error.retry_after_ms);
  return result;
}

wax_error error_to_abi(const Status& status) noexcept {
  wax_error error = empty_error();
  error.code = static_cast<wax_status>(status.code());
  error.retry_after_ms = status.retry_after_ms();
  const std::size_t size = std::min(status.message().size(), sizeof error.message - 1);
  std::memcpy(error.message, status.message().data(), size);
  return error;
}

}  // namespace waxwing::plugin_host
