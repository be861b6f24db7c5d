// SPDX-License-Identifier: Apache-2.0
// Every operation on every prior status: the answer, the status it leads to, the way there.
#include <sstream>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

struct Cell {
  const char* operation;
  const char* prior;
  int answer;
  const char* after;  // status that the session comes to; "(404)" when there is none
  // The moves that the log shows for it, "STOPPED>STARTING …", up to `after`.
  const char* moves;
};

std::ostream& operator<<(std::ostream& out, const Cell& cell) {
  return out << cell.operation << " on " << cell.prior;
}

// The engine of a cell goes where it went before, so that "after" of a started session is known:
// STARTING stays there, SCAN_QR_CODE shows a code, WORKING finds its login, FAILED fails again.
constexpr Cell kCells[] = {
    {"create", "unknown", 201, "SCAN_QR_CODE", "STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    {"create", "STOPPED", 422, "STOPPED", ""},
    {"create", "STARTING", 422, "STARTING", ""},
    {"create", "SCAN_QR_CODE", 422, "SCAN_QR_CODE", ""},
    {"create", "WORKING", 422, "WORKING", ""},
    {"create", "FAILED", 422, "FAILED", ""},

    {"update", "unknown", 404, "(404)", ""},
    {"update", "STOPPED", 200, "STOPPED", ""},
    {"update", "STARTING", 200, "STARTING", "STARTING>STOPPED STOPPED>STARTING"},
    {"update", "SCAN_QR_CODE", 200, "SCAN_QR_CODE",
     "SCAN_QR_CODE>STOPPED STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    {"update", "WORKING", 200, "WORKING", "WORKING>STOPPED STOPPED>STARTING STARTING>WORKING"},
    {"update", "FAILED", 200, "FAILED", "FAILED>STOPPED STOPPED>STARTING STARTING>FAILED"},

    {"start", "unknown", 404, "(404)", ""},
    {"start", "STOPPED", 201, "SCAN_QR_CODE", "STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    {"start", "STARTING", 201, "STARTING", ""},
    {"start", "SCAN_QR_CODE", 201, "SCAN_QR_CODE", ""},
    {"start", "WORKING", 201, "WORKING", ""},
    // Unlike WAHA: the call that everybody tries first leaves FAILED.
    {"start", "FAILED", 201, "FAILED", "FAILED>STARTING STARTING>FAILED"},

    // Unlike newer WAHA: a name that does not exist is no success.
    {"stop", "unknown", 404, "(404)", ""},
    {"stop", "STOPPED", 201, "STOPPED", ""},
    {"stop", "STARTING", 201, "STOPPED", "STARTING>STOPPED"},
    {"stop", "SCAN_QR_CODE", 201, "STOPPED", "SCAN_QR_CODE>STOPPED"},
    {"stop", "WORKING", 201, "STOPPED", "WORKING>STOPPED"},
    {"stop", "FAILED", 201, "STOPPED", "FAILED>STOPPED"},

    {"restart", "unknown", 404, "(404)", ""},
    {"restart", "STOPPED", 201, "SCAN_QR_CODE", "STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    {"restart", "STARTING", 201, "STARTING", "STARTING>STOPPED STOPPED>STARTING"},
    {"restart", "SCAN_QR_CODE", 201, "SCAN_QR_CODE",
     "SCAN_QR_CODE>STOPPED STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    {"restart", "WORKING", 201, "WORKING", "WORKING>STOPPED STOPPED>STARTING STARTING>WORKING"},
    {"restart", "FAILED", 201, "FAILED", "FAILED>STOPPED STOPPED>STARTING STARTING>FAILED"},

    {"logout", "unknown", 404, "(404)", ""},
    {"logout", "STOPPED", 201, "STOPPED", ""},
    {"logout", "STARTING", 201, "STARTING", "STARTING>STOPPED STOPPED>STARTING"},
    {"logout", "SCAN_QR_CODE", 201, "SCAN_QR_CODE",
     "SCAN_QR_CODE>STOPPED STOPPED>STARTING STARTING>SCAN_QR_CODE"},
    // Its login is gone, so it is asked for again.
    {"logout", "WORKING", 201, "WORKING",
     "WORKING>STOPPED STOPPED>STARTING STARTING>SCAN_QR_CODE SCAN_QR_CODE>WORKING"},
    {"logout", "FAILED", 201, "FAILED", "FAILED>STOPPED STOPPED>STARTING STARTING>FAILED"},

    {"delete", "unknown", 200, "(404)", ""},
    {"delete", "STOPPED", 200, "(404)", ""},
    {"delete", "STARTING", 200, "(404)", "STARTING>STOPPED"},
    {"delete", "SCAN_QR_CODE", 200, "(404)", "SCAN_QR_CODE>STOPPED"},
    {"delete", "WORKING", 200, "(404)", "WORKING>STOPPED"},
    {"delete", "FAILED", 200, "(404)", "FAILED>STOPPED"},
};

class StateTable : public SharedServer<StateTable>, public ::testing::WithParamInterface<Cell> {
 public:
  static ServerOptions options() { return {}; }

 protected:
  Reply operate(const std::string& operation, const std::string& name) {
    const std::string path = session_path(name);
    if (operation == "create") {
      return http_.post("/api/sessions", "{\"name\":" + json_text(name) + "}");
    }
    if (operation == "update") {
      const Value stored = http_.get(path).json()["config"];
      return http_.put(path, "{\"config\":" + (stored.exists() ? stored.dump() : "{}") + "}");
    }
    return operation == "delete" ? http_.del(path) : http_.post(path + "/" + operation);
  }

  // Changes of status that the log shows behind `from`.
  static std::string moves_of(const std::string& name, std::size_t from) {
    std::string moves;
    std::istringstream lines(server().log().substr(from));
    for (std::string text; std::getline(lines, text);) {
      const Value line = Value::parse(text);
      if (line["event"].text() == "session.state" && line["session"].text() == name) {
        moves += (moves.empty() ? "" : " ") + line["from"].text() + ">" + line["to"].text();
      }
    }
    return moves;
  }
};

TEST_P(StateTable, Cell) {
  const Cell cell = GetParam();
  const std::string name = std::string(cell.operation) + "-" + cell.prior;
  bring_to(http_, name, cell.prior);
  // The log is written behind the answers: up to here it is the way to the prior status.
  const std::string before = ">" + std::string(cell.prior);
  if (std::string(cell.prior) != "unknown" && std::string(cell.prior) != "STOPPED") {
    ASSERT_TRUE(wait_until([&] {
      const std::string moves = moves_of(name, 0);
      return moves.size() > before.size() && moves.ends_with(before);
    }));
  }
  const std::size_t mark = server().log().size();

  const Reply reply = operate(cell.operation, name);
  EXPECT_EQ(reply.status, cell.answer) << reply;
  if (reply.status == 201 || (reply.status == 200 && !reply.body.empty())) {
    EXPECT_EQ(reply.json()["name"].text(), name) << reply;
  }
  wait_for_status(http_, name, cell.after);
  std::string moves;
  EXPECT_TRUE(wait_until([&] { return (moves = moves_of(name, mark)) == cell.moves; }))
      << moves << " instead of " << cell.moves;
  EXPECT_EQ(status_of(http_, name), cell.after);

  if (cell.answer < 300) {
    const Value now = http_.get(session_path(name)).json();
    const std::string after = cell.after;
    if (after == "STOPPED") {
      // An operation that leaves it stopped takes it off this server.
      EXPECT_FALSE(now["assignedWorker"].exists()) << now;
      EXPECT_EQ(now["engine"], "{}");
    } else if (after != "(404)") {
      EXPECT_TRUE(now["assignedWorker"].exists()) << now;
    }
    EXPECT_EQ(now["reason"].exists(), after == "FAILED") << now;
  }
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Operations, StateTable, ::testing::ValuesIn(kCells), [](const auto& test) {
  return std::string(test.param.operation) + "On" +
         (std::string(test.param.prior) == "SCAN_QR_CODE" ? "ScanQrCode" : test.param.prior);
});

// `me` goes with the login, and stays without it.
TEST_F(StateTable, LogoutForgetsTheAccount) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0})");
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":null}}})").status,
            200);
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  ASSERT_EQ(http_.post(session_path(name, "/logout")).status, 201);
  EXPECT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
  EXPECT_EQ(http_.get(session_path(name, "/me")).body, "null");
  EXPECT_TRUE(http_.get(session_path(name)).json()["me"].is_null());
}

TEST_F(StateTable, LogoutOfAStoppedSessionForgetsTheAccount) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0})");
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  ASSERT_EQ(http_.post(session_path(name, "/stop")).status, 201);
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":null}}})").status,
            200);
  ASSERT_EQ(http_.post(session_path(name, "/logout")).status, 201);
  EXPECT_EQ(status_of(http_, name), "STOPPED");
  EXPECT_EQ(http_.get(session_path(name, "/me")).body, "null");
  ASSERT_EQ(http_.post(session_path(name, "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
}

TEST_F(StateTable, RepeatedOperationsAreSafe) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  for (const char* operation : {"start", "stop", "logout"}) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(http_.post(session_path(name, "/" + std::string(operation))).status, 201)
          << operation;
    }
  }
  EXPECT_EQ(status_of(http_, name), "STOPPED");
}

}  // namespace
}  // namespace waxwing::testing
