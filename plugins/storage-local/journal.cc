// SPDX-License-Identifier: Apache-2.0
// Files of the journal, their heads and records.
#include "journal.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/random.h>
#include <sys/stat.h>
#include <system_error>

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

// A file begins with the magic, the generation, the salt, the shard (4 octets) and a checksum of
// these (4). A record begins with the length of its body (4), a checksum of salt, number, length
// and body (4), the salt (8) and its number in the file (8). Numbers as this machine has them: a
// directory does not move between architectures while it is in use.
constexpr std::string_view kMagic = "WAXJRNL1";
constexpr std::uint64_t kLeastStep = 64 << 10;
constexpr std::uint64_t kMostStep = 4 << 20;
constexpr std::uint64_t kKeptBytes = 1 << 20;  // of a file that is used anew
constexpr std::array<char, 64 << 10> kZeros{};

[[noreturn]] void fail(const std::string& what, const std::string& path, int error) {
  throw plugin::Error(WAX_E_UNAVAILABLE, "cannot " + what + " " + path + ": " +
                                             std::generic_category().message(error));
}

template <class T>
void put(char* at, T number) noexcept {
  std::memcpy(at, &number, sizeof number);
}

template <class T>
T take(const char* at) noexcept {
  T number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

std::uint32_t checksum(std::string_view text, std::uint32_t so_far = 0) noexcept {
  return static_cast<std::uint32_t>(
      crc32_z(so_far, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

// Of all of the record but the checksum itself.
std::uint32_t checksum_of_record(std::string_view record) noexcept {
  return checksum(record.substr(8), checksum(record.substr(0, 4)));
}

// Errno when it fails.
int write_all(int fd, std::string_view text, std::uint64_t at) noexcept {
  while (!text.empty()) {
    const ssize_t wrote = ::pwrite(fd, text.data(), text.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote <= 0) {
      return wrote < 0 ? errno : ENOSPC;
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
    at += static_cast<std::uint64_t>(wrote);
  }
  return 0;
}

// As much as there is, up to `size`.
std::string read_some(const std::string& path, int fd, std::size_t size, std::uint64_t at) {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t more = ::pread(fd, text.data() + got, size - got, static_cast<off_t>(at + got));
    if (more < 0 && errno == EINTR) {
      continue;
    }
    if (more < 0) {
      fail("read", path, errno);
    }
    if (more == 0) {
      break;
    }
    got += static_cast<std::size_t>(more);
  }
  text.resize(got);
  return text;
}

std::uint64_t random_number(const std::string& path) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    fail("choose a salt for", path, errno);
  }
  return number;
}

}  // namespace

Journal::Journal(const std::string& stem, std::uint32_t shard) : shard_(shard) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    files_[i].path = stem + ".journal-" + std::to_string(i);
    open(files_[i]);
  }
}

Journal::~Journal() {
  for (const File& file : files_) {
    if (file.fd >= 0) {
      ::close(file.fd);
    }
  }
}

void Journal::open(File& file) {
  file.fd = ::open(file.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) {
    fail("open", file.path, errno);
  }
  file.length = static_cast<std::uint64_t>(info.st_size);
  read_head(file);
  last_generation_ = std::max(last_generation_, file.generation);
}

// A head that is none belongs to a file that was made and not used yet.
void Journal::read_head(File& file) {
  const std::string head = read_some(file.path, file.fd, kFileHeadBytes, 0);
  if (head.size() < kFileHeadBytes || !head.starts_with(kMagic) ||
      take<std::uint32_t>(&head[28]) != checksum(std::string_view(head).substr(0, 28))) {
    return;
  }
  if (const auto shard = take<std::uint32_t>(&head[24]); shard != shard_) {
    throw plugin::Error(WAX_E_STATE, file.path + " belongs to shard " + std::to_string(shard) +
                                         "; the files of the directory were mixed up");
  }
  file.generation = take<std::uint64_t>(&head[8]);
  file.salt = take<std::uint64_t>(&head[16]);
}

// The new head is on the disk before anything is written over the records of before: what is left
// of those would be replayed without what followed it.
void Journal::begin(File& file) {
  const std::uint64_t generation = last_generation_ + 1;
  const std::uint64_t salt = random_number(file.path);
  std::string head(kFileHeadBytes, '\0');
  head.replace(0, kMagic.size(), kMagic);
  put(&head[8], generation);
  put(&head[16], salt);
  put(&head[24], shard_);
  put(&head[28], checksum(std::string_view(head).substr(0, 28)));
  make_room(file, kFileHeadBytes);
  if (const int error = write_all(file.fd, head, 0); error != 0) {
    fail("write to", file.path, error);
  }
  last_generation_ = file.generation = generation;
  file.salt = salt;
  file.used = kFileHeadBytes;
  file.records = 0;
  if (file.holds && ::fdatasync(file.fd) != 0) {
    fail("sync", file.path, errno);
  }
  file.holds = false;
}

void Journal::make_room(File& file, std::uint64_t end) {
  if (end <= file.length) {
    return;
  }
  end = std::max(end, file.length + std::clamp(file.length, kLeastStep, kMostStep));
  while (file.length < end) {
    const auto size = std::min<std::uint64_t>(kZeros.size(), end - file.length);
    if (const int error = write_all(file.fd, {kZeros.data(), size}, file.length); error != 0) {
      fail("write to", file.path, error);
    }
    file.length += size;
  }
}

void Journal::replay(const std::function<void(std::string_view body)>& each) {
  const bool in_order = files_[0].generation < files_[1].generation;
  for (const std::size_t i : {in_order ? 0U : 1U, in_order ? 1U : 0U}) {
    if (files_[i].generation != 0) {
      replay(files_[i], each);
    }
  }
}

// Ends at the first record that is not whole: nobody was told that it is durable.
void Journal::replay(File& file, const std::function<void(std::string_view body)>& each) {
  while (true) {
    std::string record = read_some(file.path, file.fd, kHeadBytes, file.used);
    if (record.size() < kHeadBytes || take<std::uint64_t>(&record[8]) != file.salt ||
        take<std::uint64_t>(&record[16]) != file.records) {
      return;
    }
    const auto length = take<std::uint32_t>(&record[0]);
    if (length > file.length - file.used - kHeadBytes) {
      return;
    }
    record += read_some(file.path, file.fd, length, file.used + kHeadBytes);
    if (record.size() != kHeadBytes + length ||
        take<std::uint32_t>(&record[4]) != checksum_of_record(record)) {
      return;
    }
    each(std::string_view(record).substr(kHeadBytes));
    file.used += record.size();
    ++file.records;
    file.holds = true;
  }
}

void Journal::append(std::string& record) {
  File& file = current();
  if (broken_) {
    fail("sync", file.path, EIO);
  }
  put(&record[0], static_cast<std::uint32_t>(record.size() - kHeadBytes));
  put(&record[8], file.salt);
  put(&record[16], file.records);
  put(&record[4], checksum_of_record(record));
  make_room(file, file.used + record.size());
  file.holds = true;
  if (const int error = write_all(file.fd, record, file.used); error != 0) {
    fail("write to", file.path, error);
  }
  if (::fdatasync(file.fd) != 0) {
    // What the disk holds now is anybody's guess, and so is what a second try would say.
    broken_ = true;
    fail("sync", file.path, errno);
  }
  file.used += record.size();
  ++file.records;
}

void Journal::turn() {
  File& next = files_[1 - current_];
  begin(next);
  current_ = 1 - current_;
}

// The older file first: a crash in between must not leave it alone, to be replayed over what the
// younger one had brought into the table.
void Journal::reset() {
  const std::size_t older = files_[0].generation < files_[1].generation ? 0 : 1;
  for (const std::size_t i : {older, 1 - older}) {
    File& file = files_[i];
    begin(file);
    if (file.length > kKeptBytes) {
      if (::ftruncate(file.fd, static_cast<off_t>(kKeptBytes)) != 0) {
        fail("shorten", file.path, errno);
      }
      file.length = kKeptBytes;
    }
    current_ = i;
  }
  broken_ = false;
}

}  // namespace waxwing::storage_local
