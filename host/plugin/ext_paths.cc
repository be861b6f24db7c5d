// SPDX-License-Identifier: Apache-2.0
// wax.host.paths/1.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "plugin/engine_session.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/module.hpp"
#include "plugin/services.hpp"

namespace waxwing::plugin_host {
namespace {

wax_status refuse(wax_error* err, wax_status code, const std::string& text) noexcept {
  if (err != nullptr) {
    *err = error_to_abi(Status(code_from_abi(code), text));
  }
  return code;
}

wax_status copy(const std::string& from, char* path, uint64_t size, wax_error* err) noexcept {
  if (path == nullptr || size <= from.size()) {
    return refuse(err, WAX_E_INVALID, "the room for the path is too small");
  }
  std::memcpy(path, from.c_str(), from.size() + 1);
  return WAX_OK;
}

// For this user alone, also when it was there with other permissions.
bool make_private(const std::string& directory) noexcept {
  return (::mkdir(directory.c_str(), S_IRWXU) == 0 || errno == EEXIST) &&
         ::chmod(directory.c_str(), S_IRWXU) == 0;
}

wax_status session_dir(const wax_host* host, wax_session* token, char* path, uint64_t size,
                       wax_error* err) noexcept {
  const Services& services = module_of(host).services();
  const auto session = services.sessions.get(reinterpret_cast<std::uint64_t>(token));
  if (!session) {
    return refuse(err, WAX_E_CANCELLED, "the session is gone");
  }
  if (services.files_dir.empty()) {
    return refuse(err, WAX_E_UNSUPPORTED, "this server keeps no files of sessions");
  }
  std::error_code failure;
  const auto base = std::filesystem::absolute(services.files_dir, failure);
  if (!failure) {
    std::filesystem::create_directories(base.parent_path(), failure);
  }
  const std::string own = base.string() + "/" + session->name();
  if (failure || !make_private(base.string()) || !make_private(own)) {
    return refuse(err, WAX_E_UNAVAILABLE,
                  own + " cannot be made: " +
                      (failure ? failure.message() : std::string(std::strerror(errno))));
  }
  return copy(own, path, size, err);
}

wax_status module_dir(const wax_host* host, char* path, uint64_t size, wax_error* err) noexcept {
  std::error_code failure;
  const auto file = std::filesystem::absolute(module_of(host).path(), failure);
  return copy(file.parent_path().string(), path, size, err);
}

}  // namespace

const wax_host_paths* paths_table() noexcept {
  static const wax_host_paths table = {sizeof(wax_host_paths), 0, &session_dir, &module_dir};
  return &table;
}

}  // namespace waxwing::plugin_host
