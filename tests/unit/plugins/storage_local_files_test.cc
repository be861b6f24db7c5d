// SPDX-License-Identifier: Apache-2.0
// storage-local and its directory: locks, modes, schema, lost files, media that refuse.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "support/child.hpp"
#include "support/local_storage.hpp"
#include "support/temp_dir.hpp"

namespace waxwing {
namespace {

using plugin_host::KeyRef;
using plugin_host::StorageModule;
using plugin_host::WriteOp;
using ::testing::AllOf;
using ::testing::HasSubstr;
using waxwing::testing::create_local_storage;
using waxwing::testing::integrity_of;
using waxwing::testing::local_config;
using waxwing::testing::open_local_storage;
using waxwing::testing::run_in_child;

using Ops = std::vector<WriteOp>;

Status put(StorageModule& storage, const std::string& key, std::size_t bytes = 10,
           const std::string& tenant = "t") {
  return storage.apply(tenant, Ops{WriteOp::put("s", key, std::string(bytes, 'v'))}).status;
}

bool has(StorageModule& storage, const std::string& key) {
  const auto rows = storage.get("t", std::vector<KeyRef>{{"s", key}});
  return rows && rows->size() == 1;
}

// Why the directory is not opened.
Status refusal(const std::string& config) {
  auto created = create_local_storage(config);
  return created ? (*created)->open() : created.error();
}

void change(const std::string& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777U;
}

class StorageLocalFiles : public ::testing::Test {
 protected:
  waxwing::testing::TempDir dir_;
  const std::string path_ = dir_ / "deep/data";
};

TEST_F(StorageLocalFiles, AreTheOwnersAlone) {
  const auto storage = open_local_storage(path_);
  ASSERT_TRUE(put(*storage, "a"));
  EXPECT_EQ(mode_of(path_), 0700U);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 4 + 1);
}

TEST_F(StorageLocalFiles, KeepRowsOverARestart) {
  ASSERT_TRUE(put(*open_local_storage(path_), "a"));
  EXPECT_TRUE(has(*open_local_storage(path_), "a"));
}

// What a crash of the machine would leave: the files as they are, without what a stop does to them.
TEST_F(StorageLocalFiles, OfACrashHoldWhatWasCommitted) {
  constexpr int kCommits = 300;
  const std::string copy = dir_ / "copy";
  for (const char* settings : {R"("flush_after_ms":600000)", R"("flush_kb":16)"}) {
    std::filesystem::remove_all(path_);
    std::filesystem::remove_all(copy);
    {
      const auto storage = open_local_storage(path_, 1, settings);
      for (int i = 0; i < kCommits; ++i) {
        ASSERT_TRUE(put(*storage, std::to_string(i), 500));
      }
      ASSERT_TRUE(storage->apply("t", Ops{WriteOp::erase("s", "7")}).status);
      ASSERT_TRUE(put(*storage, "a", 10, "dropped"));
      ASSERT_TRUE(storage->drop_tenant("dropped"));
      std::filesystem::copy(path_, copy);
      std::filesystem::remove(copy + "/shard-00.db-shm");
    }
    const auto storage = open_local_storage(copy, 1, settings);
    for (int i = 0; i < kCommits; ++i) {
      EXPECT_EQ(has(*storage, std::to_string(i)), i != 7) << i << " with " << settings;
    }
    EXPECT_EQ(storage->list_tenants().value(), std::vector<std::string>{"t"});
    EXPECT_TRUE(put(*storage, "more"));
    EXPECT_EQ(integrity_of(copy + "/shard-00.db"), "ok");
  }
}

// The journal is used again and again, and keeps little room when the server stops.
TEST_F(StorageLocalFiles, DoNotGrowWithWhatIsWrittenAgainAndAgain) {
  const auto bytes_of_journals = [this] {
    return std::filesystem::file_size(path_ + "/shard-00.journal-0") +
           std::filesystem::file_size(path_ + "/shard-00.journal-1");
  };
  {
    const auto storage = open_local_storage(path_, 1, R"("flush_kb":64)");
    std::uintmax_t most = 0;
    for (int i = 0; i < 600; ++i) {
      ASSERT_TRUE(put(*storage, std::to_string(i % 3), 20'000));
      most = std::max(most, bytes_of_journals());
    }
    EXPECT_LE(most, std::uintmax_t{6} << 20) << "12 MB were written";
    EXPECT_THAT(storage->stats().value(), ::testing::Not(HasSubstr(R"("flushes":0,)")));
  }
  EXPECT_LE(bytes_of_journals(), std::uintmax_t{2} << 20);
  EXPECT_FALSE(std::filesystem::exists(path_ + "/shard-00.db-wal"));
  EXPECT_TRUE(has(*open_local_storage(path_, 1), "2"));
}

TEST_F(StorageLocalFiles, AreLockedAgainstASecondServer) {
  auto storage = open_local_storage(path_);
  const auto try_there = [&] {
    return run_in_child([&] {
      const Status status = refusal(local_config(path_));
      return std::to_string(static_cast<int>(status.code())) + " " + status.message();
    });
  };
  const std::string answer = try_there();
  EXPECT_THAT(answer, HasSubstr(std::to_string(WAX_E_UNAVAILABLE)));
  EXPECT_THAT(answer, AllOf(HasSubstr(path_), HasSubstr("in use"),
                            HasSubstr("process " + std::to_string(::getpid()))));
  EXPECT_EQ(refusal(local_config(path_)).code(), Code::Unavailable) << "the same process";
  storage.reset();
  EXPECT_EQ(try_there(), "0 ");
}

TEST_F(StorageLocalFiles, OfANewerSchemaAreRefusedUntouched) {
  ASSERT_TRUE(put(*open_local_storage(path_), "a"));
  change(path_ + "/shard-02.db", "UPDATE wax_schema SET version = 3");
  const Status status = refusal(local_config(path_));
  EXPECT_EQ(status.code(), Code::State);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("shard-02.db"), HasSubstr("newer")));
  change(path_ + "/shard-02.db", "UPDATE wax_schema SET version = 1");
  EXPECT_TRUE(has(*open_local_storage(path_), "a")) << "what is older is brought up to date";
}

TEST_F(StorageLocalFiles, KeepTheirNumberOfShards) {
  ASSERT_TRUE(put(*open_local_storage(path_, 4), "a"));
  for (const int other : {1, 3, 5, 16}) {
    const Status status = refusal(local_config(path_, other));
    EXPECT_EQ(status.code(), Code::State) << other;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("4 shards"), HasSubstr("set shards to 4")));
  }
  EXPECT_TRUE(has(*open_local_storage(path_, 4), "a"));
  const auto without = create_local_storage(R"({"path":")" + path_ + "\"}");
  ASSERT_TRUE(without && (*without)->open());
  EXPECT_TRUE(has(**without, "a")) << "as many as there are";
}

TEST_F(StorageLocalFiles, ThatAreLostOrMixedUpAreNoticed) {
  ASSERT_TRUE(put(*open_local_storage(path_, 2), "a"));
  ASSERT_TRUE(put(*open_local_storage(path_, 2), "a", 10, "another tenant"));
  ASSERT_TRUE(put(*open_local_storage(path_, 2), "a", 10, ""));
  const std::string first = path_ + "/shard-00.db";
  const std::string second = path_ + "/shard-01.db";
  const std::string aside = dir_ / "aside";

  for (const auto& file : {first, second}) {
    std::filesystem::rename(file, aside);
    const Status status = refusal(local_config(path_, 2));
    EXPECT_EQ(status.code(), Code::State);
    EXPECT_THAT(status.message(), AllOf(HasSubstr(file), HasSubstr("missing")));
    EXPECT_FALSE(std::filesystem::exists(file)) << "nothing takes its place";
    std::filesystem::rename(aside, file);
  }

  std::filesystem::rename(first, aside);
  std::filesystem::copy_file(second, first);
  EXPECT_THAT(refusal(local_config(path_, 2)).message(), HasSubstr("mixed up"));
  std::filesystem::rename(aside, first);

  std::filesystem::rename(first, aside);
  std::ofstream(first) << "no database at all, but long enough to have a header of its own";
  EXPECT_EQ(refusal(local_config(path_, 2)).code(), Code::Internal);
  std::filesystem::rename(aside, first);

  const std::string journal = path_ + "/shard-00.journal-0";
  std::filesystem::rename(journal, aside);
  std::filesystem::copy_file(path_ + "/shard-01.journal-0", journal);
  EXPECT_THAT(refusal(local_config(path_, 2)).message(), HasSubstr("mixed up"));
  std::filesystem::remove(journal);
  std::filesystem::rename(aside, journal);
  EXPECT_TRUE(has(*open_local_storage(path_, 2), "a"));
}

TEST_F(StorageLocalFiles, OfAnInterruptedCreationAreCompleted) {
  { const auto storage = open_local_storage(path_, 4); }
  std::filesystem::remove(path_ + "/shard-00.db");
  std::filesystem::remove(path_ + "/shard-01.db");
  std::ofstream(path_ + "/shard-01.db.new") << "half a file";
  const auto storage = open_local_storage(path_, 4);
  EXPECT_TRUE(put(*storage, "a"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/shard-01.db.new"));
}

TEST_F(StorageLocalFiles, SettingsAreChecked) {
  const auto text = [](const std::string& json) {
    const Status status = refusal(json);
    EXPECT_EQ(status.code(), Code::Invalid) << json;
    return status.message();
  };
  EXPECT_THAT(text("{}"), HasSubstr("path"));
  EXPECT_THAT(text("[]"), HasSubstr("object"));
  EXPECT_THAT(text("{"), HasSubstr("object"));
  EXPECT_THAT(text(R"({"path":7})"), HasSubstr("path"));
  EXPECT_THAT(text(local_config(path_, 0)), HasSubstr("shards"));
  EXPECT_THAT(text(local_config(path_, -1)), HasSubstr("shards"));
  EXPECT_THAT(text(local_config(path_, 257)), HasSubstr("shards"));
  EXPECT_THAT(text(local_config(path_, 4, R"("busy_timeout_ms":"no")")),
              HasSubstr("busy_timeout_ms"));
  EXPECT_THAT(text(local_config(path_, 4, R"("flush_kb":1)")), HasSubstr("flush_kb"));
  EXPECT_THAT(text(local_config(path_, 4, R"("flush_after_ms":0)")), HasSubstr("flush_after_ms"));
  EXPECT_THAT(text(local_config(path_, 4, R"("colour":1)")), HasSubstr("colour"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StorageLocalFiles, InADirectoryThatMayNotBeWrittenAreUnavailable) {
  { const auto storage = open_local_storage(path_); }
  std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(dir_ / "deep", std::filesystem::perms(0755));
  std::filesystem::permissions(path_, std::filesystem::perms(0555));
  const std::string answer = run_in_child([&]() -> std::string {
    constexpr uid_t kNobody = 65'534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) {
      return "skip";
    }
    const Status status = refusal(local_config(path_));
    const Status below = refusal(local_config(path_ + "/new/one"));
    return std::to_string(static_cast<int>(status.code())) + " " + status.message() + " | " +
           std::to_string(static_cast<int>(below.code())) + " " + below.message();
  });
  std::filesystem::permissions(path_, std::filesystem::perms(0700));
  if (answer == "skip") {
    GTEST_SKIP() << "cannot drop privileges here";
  }
  EXPECT_THAT(answer, AllOf(HasSubstr("-10 cannot"), HasSubstr(path_ + ": Permission denied"),
                            HasSubstr("| -10 cannot create " + path_ + "/new")));
}

// Writes until the medium refuses; then makes room and goes on.
std::string fill_and_recover(StorageModule& storage, const std::function<void()>& make_room) {
  int written = 0;
  Status status;
  for (; written < 1'000; ++written) {
    status = put(storage, "row-" + std::to_string(written), 20'000);
    if (!status) {
      break;
    }
  }
  if (status.code() != Code::Unavailable) {
    return "expected Unavailable, got '" + status.message() + "' after " + std::to_string(written) +
           " rows";
  }
  for (int i = 0; i < 5; ++i) {
    if (put(storage, "again", 20'000).code() != Code::Unavailable) {
      return "a later write did not fail";
    }
  }
  if (storage.drop_tenant("other").code() != Code::Unavailable &&
      !storage.drop_tenant("other").is_ok()) {
    return "drop_tenant failed oddly";
  }
  // What was there before can still be read, what was refused is not there.
  for (int i = 0; i < written; ++i) {
    if (!has(storage, "row-" + std::to_string(i))) {
      return "row " + std::to_string(i) + " is lost";
    }
  }
  if (has(storage, "row-" + std::to_string(written)) || has(storage, "again")) {
    return "a refused row is there";
  }
  make_room();
  status = put(storage, "again", 20'000);
  if (!status) {
    return "no recovery: " + status.message();
  }
  return has(storage, "again") && has(storage, "row-0") ? "" : "rows are lost after the recovery";
}

TEST_F(StorageLocalFiles, SurviveWritesThatTheSystemRefuses) {
  const std::string answer = run_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    auto storage = open_local_storage(path_, 1);
    rlimit unlimited{};
    ::getrlimit(RLIMIT_FSIZE, &unlimited);
    rlimit small = unlimited;
    small.rlim_cur = 500'000;
    ::setrlimit(RLIMIT_FSIZE, &small);
    return fill_and_recover(*storage, [&] { ::setrlimit(RLIMIT_FSIZE, &unlimited); });
  });
  EXPECT_EQ(answer, "");
  EXPECT_TRUE(has(*open_local_storage(path_, 1), "again"));
  EXPECT_EQ(integrity_of(path_ + "/shard-00.db"), "ok");
}

TEST_F(StorageLocalFiles, SurviveAFullDisk) {
  const std::string disk = dir_ / "disk";
  std::filesystem::create_directory(disk);
  const std::string answer = run_in_child([&]() -> std::string {
    if (!waxwing::testing::mount_small_disk(disk, 3 << 20)) {
      return "skip";
    }
    const std::string path = disk + "/data";
    std::string ballast = disk + "/ballast";
    std::ofstream(ballast) << std::string(1 << 20, 'x') << std::flush;
    std::string text;
    {
      auto storage = open_local_storage(path, 1);
      text = fill_and_recover(*storage, [&] { std::filesystem::remove(ballast); });
    }
    if (text.empty() && !has(*open_local_storage(path, 1), "again")) {
      text = "rows are lost after a restart";
    }
    const std::string sound = integrity_of(path + "/shard-00.db");
    return !text.empty() ? text : sound == "ok" ? "" : sound;
  });
  if (answer == "skip") {
    GTEST_SKIP() << "no mounts here";
  }
  EXPECT_EQ(answer, "");
}

TEST_F(StorageLocalFiles, SurviveADiskThatTurnsReadOnly) {
  const std::string disk = dir_ / "disk";
  std::filesystem::create_directory(disk);
  const std::string answer = run_in_child([&]() -> std::string {
    if (!waxwing::testing::mount_small_disk(disk, 8 << 20)) {
      return "skip";
    }
    const std::string path = disk + "/data";
    if (!put(*open_local_storage(path, 1), "before")) {
      return "first write failed";
    }
    if (!waxwing::testing::remount(disk, true)) {
      return "skip";
    }
    const Status status = refusal(local_config(path, 1));
    if (status.code() != Code::Unavailable) {
      return "opened on a read-only disk: " + status.message();
    }
    if (!waxwing::testing::remount(disk, false)) {
      return "skip";
    }
    auto storage = open_local_storage(path, 1);
    return has(*storage, "before") && put(*storage, "after") ? "" : "no recovery";
  });
  if (answer == "skip") {
    GTEST_SKIP() << "no mounts here";
  }
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace waxwing
