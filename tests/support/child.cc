// SPDX-License-Identifier: Apache-2.0
// fork, pipes and private mounts.
#include "support/child.hpp"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/wait.h>

namespace waxwing::testing {

Child::Child(const std::function<void(int out)>& body) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    throw std::runtime_error("no pipe");
  }
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error("no fork");
  }
  if (pid_ == 0) {
    ::close(ends[0]);
    body(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  in_ = ends[0];
}

Child::~Child() {
  kill();
  ::close(in_);
}

void Child::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }
}

std::string Child::read_to_end() {
  std::string all;
  std::array<char, 4'096> chunk{};
  while (true) {
    const ssize_t got = ::read(in_, chunk.data(), chunk.size());
    if (got <= 0) {
      return all;
    }
    all.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string run_in_child(const std::function<std::string()>& body) {
  Child child([&](int out) {
    const std::string text = body();
    if (::write(out, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      ::_exit(1);
    }
  });
  return child.read_to_end();
}

bool mount_small_disk(const std::string& path, std::size_t size_bytes) {
  const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
  const std::string options = "size=" + std::to_string(size_bytes);
  return ::unshare(flags) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

bool remount(const std::string& path, bool read_only) {
  return ::mount("tmpfs", path.c_str(), "tmpfs",
                 MS_REMOUNT | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL),
                 nullptr) == 0;
}

}  // namespace waxwing::testing
