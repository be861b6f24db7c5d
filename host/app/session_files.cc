// SPDX-License-Identifier: Apache-2.0
// Erasing files of sessions, on the blocking pool.
#include "app/session_files.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::app {
namespace {

Status erase(const std::filesystem::path& path) {
  std::error_code failure;
  // What still writes there loses, but may have made something new meanwhile.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::filesystem::remove_all(path, failure);
    if (!failure) {
      return Status::ok();
    }
  }
  return {Code::Unavailable, path.string() + ": " + failure.message()};
}

}  // namespace

std::function<void(const std::string& session, UniqueFunction<void(Status)> done)>
SessionFiles::eraser() {
  if (directory_.empty()) {
    return {};
  }
  return [this](const std::string& session, UniqueFunction<void(Status)> done) {
    const auto path = std::filesystem::path(directory_) / session;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      done(Status::ok());  // most engines keep none
      return;
    }
    auto shared = std::make_shared<UniqueFunction<void(Status)>>(std::move(done));
    Status queued = pool_.submit([path, shared] { (*shared)(erase(path)); });
    if (!queued.is_ok()) {
      (*shared)(std::move(queued));
    }
  };
}

void SessionFiles::sweep(const std::function<bool(const std::string& session)>& is_there) const {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, none)) {
    const std::string session = entry.path().filename().string();
    if (is_there(session)) {
      continue;
    }
    if (const Status status = erase(entry.path()); status.is_ok()) {
      log::info("session_files.swept", {{"session", session}});
    } else {
      log::warn("session_files.left", {{"session", session}, {"why", status.message()}});
    }
  }
}

}  // namespace waxwing::app
