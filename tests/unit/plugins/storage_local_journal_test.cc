// SPDX-License-Identifier: Apache-2.0
// The journal of storage-local: what is replayed after a crash, whatever the end of the file looks
// like.
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <waxwing/plugin/storage.hpp>

#include "journal.hpp"
#include "overlay.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::storage_local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string record(const std::string& body) {
  return std::string(Journal::kHeadBytes, '\0') + body;
}

class StorageLocalJournal : public ::testing::Test {
 protected:
  void TearDown() override { journal_.reset(); }

  // As a new process would; what is replayed.
  std::vector<std::string> open() {
    journal_ = std::make_unique<Journal>(stem_, 3);
    std::vector<std::string> bodies;
    journal_->replay([&](std::string_view body) { bodies.emplace_back(body); });
    return bodies;
  }
  std::vector<std::string> open_and_reset() {
    auto bodies = open();
    journal_->reset();
    return bodies;
  }
  void append(const std::string& body) {
    std::string text = record(body);
    journal_->append(text);
  }
  // The file that the last record went to, and where in it `text` lies.
  std::string file_with(const std::string& text) const {
    for (const char* end : {".journal-0", ".journal-1"}) {
      if (read(stem_ + end).find(text) != std::string::npos) {
        return stem_ + end;
      }
    }
    return {};
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void overwrite(const std::string& path, std::size_t at, const std::string& text) {
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out << text;
  }

  waxwing::testing::TempDir dir_;
  const std::string stem_ = dir_ / "shard-03";
  std::unique_ptr<Journal> journal_;
};

TEST_F(StorageLocalJournal, ReplaysAllRecordsInOrder) {
  EXPECT_THAT(open_and_reset(), IsEmpty());
  append("one");
  append("");
  append(std::string(300'000, 'x'));
  EXPECT_THAT(open(), ElementsAre("one", "", std::string(300'000, 'x')));
  EXPECT_THAT(open_and_reset(), ElementsAre("one", "", std::string(300'000, 'x')));
  EXPECT_THAT(open(), IsEmpty()) << "a reset is durable";
}

TEST_F(StorageLocalJournal, ReplaysTheOlderFileFirst) {
  open_and_reset();
  for (int turn = 0; turn < 5; ++turn) {
    append("before " + std::to_string(turn));
    append("and");
    journal_->turn();
    append("after " + std::to_string(turn));
    const std::string number = std::to_string(turn);
    EXPECT_THAT(open(), ElementsAre("before " + number, "and", "after " + number)) << turn;
    journal_->reset();
  }
}

// A crash within a reset leaves one file as it was. It must be the younger one, or older rows would
// be replayed over newer ones of the table.
TEST_F(StorageLocalJournal, IsResetFromItsOlderFileOn) {
  constexpr std::size_t kGeneration = 8;  // where it stands in the head
  for (int turns = 1; turns <= 4; ++turns) {
    open_and_reset();
    append("older");
    for (int turn = 0; turn < turns; ++turn) {
      journal_->turn();
      append(turn + 1 < turns ? "older" : "newest");
    }
    std::vector<std::string> before;
    for (const char* end : {".journal-0", ".journal-1"}) {
      before.push_back(read(stem_ + end));
    }
    journal_->reset();
    std::vector<std::uint64_t> generations;
    for (const char* end : {".journal-0", ".journal-1"}) {
      std::uint64_t generation = 0;
      std::memcpy(&generation, &read(stem_ + end)[kGeneration], sizeof generation);
      generations.push_back(generation);
    }
    const std::size_t last = generations[0] > generations[1] ? 0 : 1;
    overwrite(stem_ + (last == 0 ? ".journal-0" : ".journal-1"), 0, before[last]);
    EXPECT_THAT(open(), ElementsAre("newest")) << turns;
  }
}

TEST_F(StorageLocalJournal, UsesAFileAgain) {
  open_and_reset();
  append(std::string(1'000, 'a'));
  journal_->turn();
  append("second");
  journal_->turn();
  append("third");
  EXPECT_THAT(open(), ElementsAre("second", "third"));
}

TEST_F(StorageLocalJournal, EndsBeforeARecordThatIsNotWhole) {
  open_and_reset();
  append("kept");
  append("the torn one");
  const std::string file = file_with("the torn one");
  const std::string whole = read(file);
  const std::size_t at = whole.find("the torn one");
  for (std::size_t cut = at - Journal::kHeadBytes; cut < at + 12; ++cut) {
    std::filesystem::resize_file(file, cut);
    EXPECT_THAT(open(), ElementsAre("kept")) << cut;
    std::filesystem::resize_file(file, whole.size());
    EXPECT_THAT(open(), ElementsAre("kept")) << "zeros from " << cut;
    overwrite(file, 0, whole);
    std::string bent = whole;
    bent[cut] = static_cast<char>(bent[cut] ^ 0x10);
    overwrite(file, 0, bent);
    EXPECT_THAT(open(), ElementsAre("kept")) << cut;
    overwrite(file, 0, whole);
  }
  EXPECT_THAT(open(), ElementsAre("kept", "the torn one"));
}

// Who writes to a session chooses octets that end up in a journal. They must not pass for a record
// when the file is used again and ends right before them.
TEST_F(StorageLocalJournal, DoesNotTakeContentForARecord) {
  open_and_reset();
  append("first");
  std::string forged = read(file_with("first")).substr(32, Journal::kHeadBytes + 5);
  forged.replace(Journal::kHeadBytes, 5, "evil!");
  std::string sprayed;
  for (int i = 0; i < 2'000; ++i) {
    sprayed += forged;
  }
  append(sprayed);
  journal_->turn();
  append("x");
  journal_->turn();
  for (int i = 0; i < 30; ++i) {
    append(std::string(static_cast<std::size_t>(i), 'y'));
    for (const std::string& body : open()) {
      ASSERT_EQ(body.find("evil!"), std::string::npos);
    }
  }
}

TEST_F(StorageLocalJournal, CountsWhatTheSystemRefusesAsNeverWritten) {
  ::signal(SIGXFSZ, SIG_IGN);
  open_and_reset();
  append("kept");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(append(std::string(200'000, 'x')), plugin::Error);
  EXPECT_FALSE(journal_->broken());
  append("small ones still go");
  ::setrlimit(RLIMIT_FSIZE, &before);
  append("and so do others again" + std::string(200'000, 'x'));
  EXPECT_THAT(open(), ElementsAre("kept", "small ones still go",
                                  "and so do others again" + std::string(200'000, 'x')));
}

TEST_F(StorageLocalJournal, OfAnotherShardIsRefused) {
  open_and_reset();
  append("x");
  EXPECT_THROW(Journal(stem_, 4), plugin::Error);
}

TEST(StorageLocalChange, IsReadAsItWasWritten) {
  std::string body;
  const Change put{false, 7, 1'234, std::string("v\0w", 3)};
  append_change(body, row_id("t", "s", std::string("\0\xFF", 2)), put);
  append_change(body, row_id("", "s", "k"), {.erased = true});
  std::vector<std::string> ids;
  for_each_change(body, [&](std::string_view id, const Change& change) {
    ids.emplace_back(id);
    EXPECT_EQ(change.erased, ids.size() == 2);
    if (!change.erased) {
      EXPECT_EQ(change.version, 7U);
      EXPECT_EQ(change.expires_at_ms, 1'234);
      EXPECT_EQ(change.value, put.value);
    }
  });
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(name_of(ids[0]).tenant, "t");
  EXPECT_EQ(name_of(ids[0]).space, "s");
  EXPECT_EQ(name_of(ids[0]).key, std::string("\0\xFF", 2));
  EXPECT_EQ(name_of(ids[1]).tenant, "");
  const std::size_t first = body.size() - 4 - ids[1].size() - 1;
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    const auto read = [&] {
      for_each_change(std::string_view(body).substr(0, cut),
                      [](std::string_view, const Change&) {});
    };
    if (cut == first) {
      EXPECT_NO_THROW(read());
    } else {
      EXPECT_THROW(read(), plugin::Error) << cut;
    }
  }
}

}  // namespace
}  // namespace waxwing::storage_local
