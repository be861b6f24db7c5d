// SPDX-License-Identifier: Apache-2.0
// The directories in which engines keep files of sessions (wax.host.paths/1): their end.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/unique_function.hpp"

namespace waxwing::runtime {
class BlockingPool;
}

namespace waxwing::app {

// One directory for each session below `directory`; empty: there are none. Outlives the sessions.
class SessionFiles {
 public:
  SessionFiles(std::string directory, runtime::BlockingPool& pool)
      : directory_(std::move(directory)), pool_(pool) {}

  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
  // For session::Environment. [any-thread]
  [[nodiscard]] std::function<void(const std::string& session, UniqueFunction<void(Status)> done)>
  eraser();
  // A crash between erasing a session's record and erasing its files leaves the files: erases
  // those of sessions that are not there. Blocks. [main-thread]
  void sweep(const std::function<bool(const std::string& session)>& is_there) const;

 private:
  const std::string directory_;
  runtime::BlockingPool& pool_;
};

}  // namespace waxwing::app
