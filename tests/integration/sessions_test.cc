// SPDX-License-Identifier: Apache-2.0
// /api/sessions: every call with its answers, as clients of WAHA know them.
#include <algorithm>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Sessions : public SharedServer<Sessions> {
 public:
  static ServerOptions options() { return {}; }

 protected:
  // Names in GET /api/sessions.
  std::vector<std::string> listed(const std::string& query = "") {
    const Reply reply = http_.get("/api/sessions" + query);
    EXPECT_EQ(reply.status, 200) << reply;
    return reply.json().each("name");
  }
  static bool contains(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  }
};

TEST_F(Sessions, CreateAnswersWithTheSessionAndStartsIt) {
  const std::string name = own_name();
  const Reply reply = http_.post("/api/sessions", "{\"name\":\"" + name + "\"}");
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.header("content-type"), "application/json; charset=utf-8");
  const Value session = reply.json();
  EXPECT_EQ(session["name"].text(), name);
  EXPECT_TRUE(session["status"].text() == "STARTING" || session["status"].text() == "SCAN_QR_CODE")
      << reply;
  EXPECT_EQ(session["config"], "{}");
  EXPECT_TRUE(session["me"].is_null());
  EXPECT_TRUE(session["presence"].is_null());
  EXPECT_TRUE(session["timestamps"]["activity"].is_null());
  EXPECT_EQ(session["assignedWorker"].text(), "");
  EXPECT_TRUE(session["assignedWorker"].exists());
  EXPECT_EQ(session["engine"]["engine"].text(), "ECHO");
  EXPECT_FALSE(session["apps"].exists());
  EXPECT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
}

TEST_F(Sessions, CreateWithoutStartLeavesItStopped) {
  const std::string name = own_name();
  const Reply reply =
      http_.post("/api/sessions", "{\"name\":\"" + name + "\",\"start\":false,\"config\":null}");
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json()["status"].text(), "STOPPED");
  EXPECT_EQ(reply.json()["engine"], "{}");
  EXPECT_FALSE(reply.json()["assignedWorker"].exists()) << reply;
}

TEST_F(Sessions, CreateWithNothingGeneratesAName) {
  for (const char* body : {"", "{}", R"({"name":""})", R"({"name":null,"start":null})"}) {
    const Reply reply = http_.post("/api/sessions", body);
    ASSERT_EQ(reply.status, 201) << body << reply;
    const std::string name = reply.json()["name"].text();
    EXPECT_EQ(name.size(), 8U + 26U) << name;
    EXPECT_EQ(name.substr(0, 8), "session_");
    EXPECT_EQ(name.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 8), std::string::npos)
        << name;
    EXPECT_EQ(http_.del(session_path(name)).status, 200);
  }
}

TEST_F(Sessions, CreateChecksTheName) {
  expect_violations(http_.post("/api/sessions", R"({"name":"a b"})"),
                    {"name must match ^[a-zA-Z0-9_-]*$ regular expression"});
  expect_violations(http_.post("/api/sessions", R"({"name":")" + std::string(55, 'a') + "\"}"),
                    {"name must be shorter than or equal to 54 characters"});
  expect_violations(http_.post("/api/sessions", R"({"name":"ä"})"),
                    {"name must match ^[a-zA-Z0-9_-]*$ regular expression"});
  const std::string longest(54, 'z');
  EXPECT_EQ(http_.post("/api/sessions", "{\"name\":\"" + longest + "\",\"start\":false}").status,
            201);
}

TEST_F(Sessions, CreateOfAnExistingNameIs422) {
  const std::string name = own_name();
  create_echo(http_, name, "{}", false);
  const Reply again = http_.post("/api/sessions", "{\"name\":\"" + name + "\"}");
  expect_error(again, 422, "PUT /api/sessions/" + name);
  EXPECT_EQ(again.json()["error"].text(), "Unprocessable Entity");
  EXPECT_EQ(status_of(http_, name), "STOPPED");
}

TEST_F(Sessions, CreateChecksTypesOfItsMembers) {
  for (const char* body : {R"({"name":1})", R"({"start":"yes"})", R"({"config":[]})",
                           R"({"apps":{}})", R"({"engine":1})"}) {
    const Reply reply = http_.post("/api/sessions", body);
    EXPECT_EQ(reply.status, 400) << body << reply;
    EXPECT_TRUE(reply.json()["message"].is_array()) << reply;
  }
}

TEST_F(Sessions, ConfigIsEchoedAsGiven) {
  const std::string name = own_name();
  const std::string config = R"({
      "metadata": {"user.id": "7", "b": "x"},
      "proxy": {"server": "localhost:3128", "username": "u", "password": "proxy-word"},
      "debug": true,
      "ignore": {"status": true, "groups": null},
      "client": {"deviceName": "D", "browserName": null},
      "gows": {"storage": {"messages": false}},
      "webjs": {"tagsEventsOn": true},
      "webhooks": [{"url": "http://localhost/x", "events": ["message", "*"],
                    "hmac": {"key": "k"}, "retries": {"policy": "linear", "attempts": 2},
                    "customHeaders": [{"name": "X-A", "value": "1"}]}],
      "echo": {"loginAfterMs": 0}})";
  const Reply made = http_.post(
      "/api/sessions", "{\"name\":\"" + name + "\",\"start\":false,\"config\":" + config + "}");
  ASSERT_EQ(made.status, 201) << made;
  const Value got = http_.get(session_path(name)).json()["config"];
  for (const char* path :
       {"metadata", "proxy.server", "proxy.username", "debug", "ignore.status", "client.deviceName",
        "gows", "webjs", "webhooks.0.url", "webhooks.0.events", "webhooks.0.retries",
        "webhooks.0.customHeaders.0.name", "echo.loginAfterMs"}) {
    EXPECT_EQ(got.at(path), Value::parse(config).at(path)) << path;
  }
}

TEST_F(Sessions, SecretsOfAConfigAreMasked) {
  const std::string name = own_name();
  const Reply made = http_.post("/api/sessions", "{\"name\":" + json_text(name) + R"(,"start":false,
      "config":{"proxy":{"server":"localhost:1","username":"u","password":"hidden-1"},
                "webhooks":[{"url":"http://localhost/x","events":["*"],"hmac":{"key":"hidden-2"},
                             "customHeaders":[{"name":"Authorization","value":"hidden-3"}]}]}})");
  ASSERT_EQ(made.status, 201) << made;
  for (const Reply& reply :
       {made, http_.get(session_path(name)), http_.get("/api/sessions?all=true"),
        http_.put(session_path(name), "{\"config\":" + made.json()["config"].dump() + "}"),
        http_.post("/api/sessions/start", "{\"name\":" + json_text(name) + "}")}) {
    EXPECT_LT(reply.status, 300) << reply;
    EXPECT_EQ(reply.body.find("hidden"), std::string::npos) << reply;
    EXPECT_NE(reply.body.find("***"), std::string::npos) << reply;
  }
}

TEST_F(Sessions, DefaultsOfASectionAreStoredWithIt) {
  const std::string name = own_name();
  const Reply made =
      http_.post("/api/sessions", "{\"name\":\"" + name +
                                      "\",\"start\":false,\"config\":{\"noweb\":{\"store\":{}}}}");
  ASSERT_EQ(made.status, 201) << made;
  EXPECT_EQ(made.json().at("config.noweb"),
            R"({"markOnline":true,"store":{"enabled":false,"fullSync":false}})");
}

TEST_F(Sessions, ViolationsNameTheFieldByItsPath) {
  const Reply reply = http_.post("/api/sessions", R"({"name":"never","config":{
      "webhooks":[{"url":"nonsense","events":["no-such-event"]}],
      "metadata":{"a":1}, "proxy":{}}})");
  EXPECT_EQ(reply.status, 400) << reply;
  std::string all;
  for (const std::string& message : reply.json()["message"].texts()) {
    all += message + "\n";
  }
  for (const char* part :
       {"config.webhooks.0.url must be a URL address", "config.webhooks.0.events.0",
        "config.metadata.a", "config.proxy.server"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " is not in:\n" << all;
  }
  EXPECT_EQ(http_.get(session_path("never")).status, 404);
}

TEST_F(Sessions, AnEngineSectionIsCheckedByTheEngine) {
  const Reply reply =
      http_.post("/api/sessions", R"({"name":"never","config":{"echo":{"startDelayMs":"x"}}})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_NE(reply.body.find("config.echo.startDelayMs"), std::string::npos) << reply;
}

TEST_F(Sessions, UnknownMembersAreDropped) {
  const std::string name = own_name();
  const Reply made = http_.post("/api/sessions", "{\"name\":\"" + name +
                                                     "\",\"start\":false,\"more\":1,"
                                                     "\"config\":{\"other\":2,\"debug\":false}}");
  ASSERT_EQ(made.status, 201) << made;
  EXPECT_EQ(made.json()["config"], R"({"debug":false})");
}

TEST_F(Sessions, AppsMayBeEmptyOnly) {
  const std::string name = own_name();
  for (const char* apps : {"null", "[]"}) {
    const Reply made = http_.post(
        "/api/sessions", "{\"name\":\"" + name + "\",\"start\":false,\"apps\":" + apps + "}");
    EXPECT_EQ(made.status, 201) << made;
    EXPECT_EQ(http_.del(session_path(name)).status, 200);
  }
  expect_error(http_.post("/api/sessions", R"({"name":"never","apps":[{"app":"calls"}]})"), 422,
               "Apps");
  EXPECT_EQ(http_.get(session_path("never")).status, 404);
}

TEST_F(Sessions, ExpandAddsApps) {
  const std::string name = own_name();
  create_echo(http_, name, "{}", false);
  EXPECT_EQ(http_.get(session_path(name, "?expand=apps")).json()["apps"], "[]");
  EXPECT_FALSE(http_.get(session_path(name)).json()["apps"].exists());
  const Value list = http_.get("/api/sessions?all=true&expand=apps&expand=apps").json();
  EXPECT_EQ(list.item("name", name)["apps"], "[]");
  const std::vector<std::string> wrong = {"expand must be one of the following values: apps"};
  expect_violations(http_.get("/api/sessions?expand=engine"), wrong);
  expect_violations(http_.get("/api/sessions?expand=apps&expand=x"), wrong);
  expect_violations(http_.get(session_path(name, "?expand=x")), wrong);
}

TEST_F(Sessions, ListShowsStoppedOnesOnRequest) {
  const std::string stopped = own_name("-stopped");
  const std::string failed = own_name("-failed");
  create_echo(http_, stopped, "{}", false);
  bring_to(http_, failed, "FAILED");
  for (const char* query : {"", "?all=false", "?all=False", "?all=0"}) {
    EXPECT_FALSE(contains(listed(query), stopped)) << query;
    EXPECT_TRUE(contains(listed(query), failed)) << query;
  }
  for (const char* query : {"?all=true", "?all=True", "?all=1"}) {
    EXPECT_TRUE(contains(listed(query), stopped)) << query;
    EXPECT_TRUE(contains(listed(query), failed)) << query;
  }
  for (const char* query : {"?all=yes", "?all=", "?all=2"}) {
    expect_violations(http_.get(std::string("/api/sessions") + query),
                      {"all must be a boolean value"});
  }
}

TEST_F(Sessions, ListItemsAreSessionsWithTheirEngine) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  const Value one = http_.get(session_path(name)).json();
  const Value item = http_.get("/api/sessions").json().item("name", name);
  for (const char* member : {"name", "status", "config", "me", "engine", "assignedWorker"}) {
    EXPECT_EQ(item[member], one[member]) << member;
  }
  EXPECT_EQ(item.at("engine.engine").text(), "ECHO");
}

TEST_F(Sessions, AWorkingSessionShowsItsAccount) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0,"phone":"79111111","pushName":"WAHA"})");
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  const Value session = http_.get(session_path(name)).json();
  EXPECT_EQ(session.at("me.id").text(), "79111111@c.us");
  EXPECT_EQ(session.at("me.pushName").text(), "WAHA");
  EXPECT_EQ(session.at("me.jid").text(), "79111111:1@s.whatsapp.net");
  EXPECT_NE(session.at("me.lid").text().find("@lid"), std::string::npos);
  EXPECT_EQ(session["presence"].text(), "online");
  const Reply me = http_.get(session_path(name, "/me"));
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(me.json(), session["me"]);
}

TEST_F(Sessions, MeIsNullBeforeTheLoginAndKeptWhenStopped) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":null})");
  ASSERT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
  Reply me = http_.get(session_path(name, "/me"));
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(me.body, "null");
  EXPECT_EQ(me.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":0}}})").status, 200);
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  EXPECT_EQ(http_.post(session_path(name, "/stop")).status, 201);
  me = http_.get(session_path(name, "/me"));
  EXPECT_EQ(me.status, 200);
  EXPECT_NE(me.json()["id"].text(), "") << me;
  EXPECT_EQ(http_.post(session_path(name, "/logout")).status, 201);
  EXPECT_EQ(http_.get(session_path(name, "/me")).body, "null");
}

TEST_F(Sessions, UnknownSessionsAre404) {
  const std::string path = session_path("nobody");
  for (const Reply& reply :
       {http_.get(path), http_.put(path, "{}"), http_.post(path, "{}"), http_.get(path + "/me"),
        http_.post(path + "/start"), http_.post(path + "/stop"), http_.post(path + "/restart"),
        http_.post(path + "/logout"), http_.get(path + "/capping"), http_.get(path + "/timelock"),
        http_.post("/api/nobody/auth/request-code", R"({"phoneNumber":"123456"})"),
        http_.get("/api/nobody/auth/passkey/challenge"),
        http_.get("/api/screenshot?session=nobody")}) {
    EXPECT_EQ(reply.status, 404) << reply;
    EXPECT_EQ(reply.json()["statusCode"].number(), 404) << reply;
    EXPECT_EQ(reply.json()["error"].text(), "Not Found") << reply;
  }
}

TEST_F(Sessions, UpdateReplacesTheWholeConfig) {
  const std::string name = own_name();
  ASSERT_EQ(http_
                .post("/api/sessions", "{\"name\":\"" + name +
                                           "\",\"start\":false,\"config\":{\"metadata\":"
                                           "{\"a\":\"1\"},\"debug\":true}}")
                .status,
            201);
  // PUT, and POST as the feature table has it; a name in the body says nothing.
  Reply reply = http_.put(session_path(name), R"({"name":"x","config":{"metadata":{"b":"2"}}})");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["name"].text(), name);
  // `debug` has a default that is stored with a config that is given.
  EXPECT_EQ(reply.json()["config"], R"({"metadata":{"b":"2"},"debug":false})");
  reply = http_.post(session_path(name), R"({"config":{"debug":true}})");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["config"], R"({"debug":true})");
  reply = http_.put(session_path(name), "{}");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["config"], "{}");
  EXPECT_EQ(status_of(http_, name), "STOPPED");
  reply = http_.put(session_path(name), R"({"config":{"metadata":{"a":1}}})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_EQ(http_.get(session_path(name)).json()["config"], "{}");
}

TEST_F(Sessions, DeleteIsEmptyAndMayBeRepeated) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  for (int i = 0; i < 2; ++i) {
    const Reply reply = http_.del(session_path(name));
    EXPECT_EQ(reply.status, 200) << reply;
    EXPECT_EQ(reply.body, "");
    EXPECT_EQ(reply.header("content-type"), "");
    EXPECT_EQ(reply.header("content-length"), "0");
  }
  EXPECT_EQ(http_.del(session_path("never-there")).status, 200);
  EXPECT_EQ(status_of(http_, name), "(404)");
  EXPECT_FALSE(contains(listed("?all=true"), name));
  // Nothing of the old one is left.
  create_echo(http_, name, R"({"loginAfterMs":null})");
  EXPECT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
}

TEST_F(Sessions, OperationsAnswer201WithTheSession) {
  const std::string name = own_name();
  bring_to(http_, name, "STOPPED");
  for (const char* operation : {"start", "stop", "restart", "logout"}) {
    const Reply reply = http_.post(session_path(name, "/" + std::string(operation)));
    EXPECT_EQ(reply.status, 201) << operation << reply;
    EXPECT_EQ(reply.json()["name"].text(), name) << operation;
    EXPECT_TRUE(reply.json()["config"].is_object()) << operation;
  }
  const Reply logout = http_.post(session_path(name, "/logout"), R"({"apps":{"purge":true}})");
  EXPECT_EQ(logout.status, 201) << logout;
}

TEST_F(Sessions, QuotaCallsNeedARunningEngineThatKnowsThem) {
  const std::string name = own_name();
  bring_to(http_, name, "STOPPED");
  for (const char* call : {"/capping", "/timelock"}) {
    expect_error(http_.get(session_path(name, call)), 404, "Start it first");
  }
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":0}}})").status, 200);
  ASSERT_EQ(http_.post(session_path(name, "/start")).status, 201);
  ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  for (const char* call : {"/capping", "/timelock"}) {
    const Reply reply = http_.get(session_path(name, call));
    expect_error(reply, 422, "ECHO engine does not support");
    EXPECT_EQ(reply.json()["error"].text(), "Unprocessable Entity");
  }
}

TEST_F(Sessions, TrailingSlashesAreAccepted) {
  const std::string name = own_name();
  EXPECT_EQ(http_.post("/api/sessions/", "{\"name\":\"" + name + "\",\"start\":false}").status,
            201);
  EXPECT_EQ(http_.get("/api/sessions/?all=true").status, 200);
  EXPECT_EQ(http_.get(session_path(name, "/")).json()["name"].text(), name);
  EXPECT_EQ(http_.get(session_path(name, "/me/")).body, "null");
  EXPECT_EQ(http_.put(session_path(name, "/"), "{}").status, 200);
  EXPECT_EQ(http_.post(session_path(name, "/start/")).status, 201);
  EXPECT_EQ(http_.post(session_path(name, "/stop/")).status, 201);
  EXPECT_EQ(http_.del(session_path(name, "/")).status, 200);
}

// The old calls ---------------------------------------------------------------------------------

TEST_F(Sessions, OldStartCreatesOrReplacesAndStarts) {
  const std::string name = own_name();
  const std::string body = "{\"name\":\"" + name + "\",\"config\":{\"metadata\":{\"a\":\"1\"}}}";
  Reply reply = http_.post("/api/sessions/start", body);
  ASSERT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json().keys(), (std::vector<std::string>{"config", "name", "status"}));
  EXPECT_EQ(reply.json()["name"].text(), name);
  EXPECT_EQ(reply.json()["config"], R"({"metadata":{"a":"1"},"debug":false})");
  EXPECT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
  expect_error(http_.post("/api/sessions/start", body), 422, "already started");

  EXPECT_EQ(http_.post(session_path(name, "/stop")).status, 201);
  reply = http_.post("/api/sessions/start", "{\"name\":\"" + name + "\",\"config\":{}}");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(http_.get(session_path(name)).json()["config"], R"({"debug":false})");

  EXPECT_EQ(http_.post(session_path(name, "/stop")).status, 201);
  ASSERT_EQ(http_.put(session_path(name), R"({"config":{"debug":true}})").status, 200);
  reply = http_.post("/api/sessions/start", "{\"name\":\"" + name + "\"}");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json()["config"], R"({"debug":true})") << "no config leaves the stored one";
}

TEST_F(Sessions, OldCallsNeedAName) {
  for (const char* call : {"start", "stop", "logout"}) {
    for (const char* body : {"", "{}", R"({"name":""})"}) {
      expect_error(http_.post("/api/sessions/" + std::string(call), body), 422, "name is required");
    }
  }
}

TEST_F(Sessions, OldStopStopsOrErases) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  Reply reply = http_.post("/api/sessions/stop", "{\"name\":\"" + name + "\"}");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(status_of(http_, name), "STOPPED");
  reply = http_.post("/api/sessions/stop", "{\"name\":\"" + name + "\",\"logout\":true}");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(status_of(http_, name), "(404)");
  EXPECT_EQ(http_.post("/api/sessions/stop", "{\"name\":\"" + name + "\"}").status, 201);
}

TEST_F(Sessions, OldLogoutErases) {
  const std::string name = own_name();
  bring_to(http_, name, "WORKING");
  const Reply reply = http_.post("/api/sessions/logout", "{\"name\":\"" + name + "\"}");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(status_of(http_, name), "(404)");
  EXPECT_EQ(http_.post("/api/sessions/logout", R"({"name":"never-there"})").status, 201);
}

// A session may be called like an old call; the longer paths still reach it.
TEST_F(Sessions, ASessionMayBeCalledStart) {
  create_echo(http_, "start", "{}", false);
  EXPECT_EQ(http_.get("/api/sessions/start").json()["name"].text(), "start");
  EXPECT_EQ(http_.post("/api/sessions/start/start").status, 201);
  EXPECT_EQ(http_.del("/api/sessions/start").status, 200);
}

}  // namespace
}  // namespace waxwing::testing
