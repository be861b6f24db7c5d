// SPDX-License-Identifier: Apache-2.0
// YAML to Config: values, places of errors, hostile files, secrets.
#include "config/loader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waxwing::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::vector<std::string>;

Result<Loaded> loaded(std::string_view yaml, Variables environment = {}) {
  return load_text(yaml, "w.yaml", {"", std::move(environment)});
}

Config good(std::string_view yaml, Variables environment = {}) {
  auto result = loaded(yaml, std::move(environment));
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message());
  return result ? result->config : Config{};
}

std::string bad(std::string_view yaml, Variables environment = {}) {
  auto result = loaded(yaml, std::move(environment));
  EXPECT_FALSE(result.has_value()) << yaml.substr(0, 200);
  return result ? std::string() : result.error().message();
}

const Effective& option(const Loaded& loaded, std::string_view path) {
  const auto it = std::find_if(loaded.effective.begin(), loaded.effective.end(),
                               [&](const Effective& e) { return e.path == path; });
  EXPECT_NE(it, loaded.effective.end()) << path;
  return *it;
}

// A file of this test, removed with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view contents) {
    char name[] = "wax-config-XXXXXX";
    const auto directory = std::filesystem::temp_directory_path();
    path_ = (directory / name).string();
    const int fd = mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    ::close(fd);
    std::ofstream(path_, std::ios::binary) << contents;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Loader, NothingGivesTheDefaultsOfTheStructs) {
  EXPECT_EQ(good(""), Config{});
  EXPECT_EQ(good("# only a comment\n"), Config{});
  EXPECT_EQ(good("http:\nrules:\nplugins:\n"), Config{});
}

TEST(Loader, ReadsEverySection) {
  const Config config = good(R"(
http: {host: 0.0.0.0, port: 0, guard_wait_ms: 5, drain_s: 2, limits: {connections: 7}, timeouts: {idle_ms: 900}}
log: {format: JSON, level: trace, http_level: silent}
security:
  keys:
    - {id: root2, key: a-long-secret, admin: true}
    - {id: desk, key: another-secret, session: support, actions: {send: false, delete: true}}
plugins: {trust: any, load: [{id: mine, file: sub/mine.so, optional: false}]}
engines: {ECHO: {max_sessions: 3, config: {loginAfterMs: 5}}}
storage: {local: {config: {path: /x, shards: 4}}, other: {config: {url: u}}}
proxy: {static: {config: {server: "p:1"}}}
sessions:
  support: {engine: ECHO, storage: other, proxy: static, start: true, config: {debug: true}}
rules: [{match: "a*", engine: X}, {match: b, proxy: y}]
lifecycle: {autostart: [a, b], starts_per_s: 9, namespace: n}
webhooks: {global: {url: "http://h", events: ["*"], retries: {policy: linear, delay_s: 0.5}}}
metrics: {enabled: true, http_duration_buckets: [1, 2.5]}
)");
  EXPECT_EQ(config.http.host, "0.0.0.0");
  EXPECT_EQ(config.http.port, 0);
  EXPECT_EQ(config.http.guard_wait, milliseconds(5));
  EXPECT_EQ(config.http.drain, seconds(2));
  EXPECT_EQ(config.http.limits.connections, 7U);
  EXPECT_EQ(config.http.timeouts.idle, milliseconds(900));
  EXPECT_EQ(config.log.format, log::Format::Json);
  EXPECT_EQ(config.log.level, log::Level::Trace);
  EXPECT_EQ(config.log.http_level, log::Level::Off);
  ASSERT_EQ(config.security.keys.size(), 2U);
  EXPECT_TRUE(config.security.keys[0].admin);
  EXPECT_EQ(config.security.keys[1].session, "support");
  EXPECT_FALSE(config.security.keys[1].actions.send);
  EXPECT_TRUE(config.security.keys[1].actions.erase);
  EXPECT_TRUE(config.security.keys[1].actions.read);
  EXPECT_EQ(config.plugins.trust, Trust::Any);
  EXPECT_EQ(config.plugins.load, (std::vector<PluginFile>{{"mine", "sub/mine.so", "", false}}));
  EXPECT_EQ(config.engines.at("ECHO"), (EngineSettings{R"({"loginAfterMs":5})", 3}));
  EXPECT_EQ(config.storages.at("local").config_json, R"({"path":"/x","shards":4})");
  EXPECT_EQ(config.storages.at("other").config_json, R"({"url":"u"})");
  EXPECT_THAT(config.proxies.at("static").config_json, HasSubstr(R"("server":"p:1")"));
  const SessionSettings& session = config.sessions.at("support");
  EXPECT_EQ(session.engine, "ECHO");
  EXPECT_EQ(session.storage, "other");
  EXPECT_EQ(session.start, true);
  EXPECT_EQ(session.config_json, R"({"debug":true})");
  EXPECT_EQ(config.rules[0], (Rule{"a*", "X", std::nullopt, std::nullopt}));
  EXPECT_EQ(config.rules[1].proxy, "y");
  EXPECT_EQ(config.lifecycle.autostart, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.lifecycle.ns, "n");
  EXPECT_EQ(config.webhooks.global.retries, (Retries{RetryPolicy::Linear, 0.5, 15}));
  EXPECT_EQ(config.metrics.http_duration_buckets, (std::vector<double>{1, 2.5}));
}

TEST(Loader, ReportsEveryErrorAtOnceWithItsLine) {
  EXPECT_EQ(bad("http:\n  port: 99999\n  hots: x\n\nlog:\n  level: loud\nrules: [{engine: X}]\n",
                {"WAHA_PRINT_QR=maybe"}),
            "w.yaml:2: http.port: must not be greater than 65535\n"
            "w.yaml:3: http.hots: is not an option; did you mean host?\n"
            "w.yaml:6: log.level: must be one of the following values: silent, error, warn, info, "
            "debug, trace\n"
            "w.yaml:7: rules.0.match: is required\n"
            "env WAHA_PRINT_QR: must be true, false, 1 or 0");
}

TEST(Loader, WrongTypesAndNames) {
  EXPECT_EQ(bad("http: 5"), "w.yaml:1: http: must be an object");
  EXPECT_EQ(bad("- a\n- b\n"), "w.yaml:1: must be an object");
  EXPECT_EQ(bad("text"), "w.yaml:1: must be an object");
  EXPECT_EQ(bad("http: {port: \"3000\"}"), "w.yaml:1: http.port: must be an integer number");
  EXPECT_EQ(bad("http: {strict: yes}"), "w.yaml:1: http.strict: must be a boolean value");
  EXPECT_EQ(bad("security:\n  api_key: 12345\n"),
            "w.yaml:2: security.api_key: must be a string; put it in quotes");
  EXPECT_EQ(bad("metric: {}"), "w.yaml:1: metric: is not an option; did you mean metrics?");
  EXPECT_EQ(bad("somethingelse: {}"), "w.yaml:1: somethingelse: is not an option");
  EXPECT_THAT(bad("sessions:\n  ok: {}\n  not ok: {}\n"),
              HasSubstr("w.yaml:3: sessions.not ok: has a bad name"));
  EXPECT_EQ(bad("sessions:\n  s:\n    config:\n      webhooks:\n        - url: nonsense\n"
                "          events: [message]\n"),
            "w.yaml:5: sessions.s.config.webhooks.0.url: must be a URL address");
  EXPECT_THAT(bad("sessions: {s: {config: {metadata: {a: 1}}}}"),
              HasSubstr("sessions.s.config.metadata.a: must be a string"));
  EXPECT_THAT(bad("plugins: {load: [{id: a, sha256: abc}]}"), HasSubstr("64 hexadecimal digits"));
}

TEST(Loader, LeavesSectionsOfEnginesToTheirOwnSchemas) {
  EXPECT_EQ(good("sessions: {s: {config: {acme: {anything: 1}, noweb: {more: 2}}}}")
                .sessions.at("s")
                .config_json,
            R"({"acme":{"anything":1},"debug":false,"noweb":{"more":2}})");
  EXPECT_THAT(bad("sessions: {s: {config: {debgu: true}}}"), HasSubstr("sessions.s.config.debgu"));
}

TEST(Loader, OptionsThatMustFitTogether) {
  EXPECT_EQ(bad("security:\n  keys:\n    - {id: a, key: longsecret}\n"),
            "w.yaml:3: security.keys.0: must have either admin: true or a session");
  EXPECT_THAT(bad("security: {keys: [{id: a, key: longsecret, admin: true, session: s}]}"),
              HasSubstr("either"));
  EXPECT_THAT(bad("plugins: {load: [{id: a}, {id: a}]}"), HasSubstr("plugins.load.1.id"));
  EXPECT_THAT(bad("metrics: {http_duration_buckets: [2, 1]}"), HasSubstr("ascending"));
  EXPECT_THAT(bad("metrics: {path: metrics}"), HasSubstr("begin with /"));
  EXPECT_THAT(bad("http: {limits: {upload_bytes: 999999999}}"), HasSubstr("bodies_bytes"));
}

TEST(Loader, BrokenYaml) {
  EXPECT_THAT(bad("http: {port: 1"), HasSubstr("w.yaml:"));
  EXPECT_THAT(bad("a:\n\t- b\n"), HasSubstr("w.yaml:2: "));
  EXPECT_EQ(bad("http: {port: 1}\nlog: {}\nhttp: {port: 2}\n"),
            "w.yaml:3: http: given twice, first on line 1");
  EXPECT_EQ(bad("http:\n  port: 1\n  port: 2\n"),
            "w.yaml:3: http.port: given twice, first on line 2");
  EXPECT_THAT(bad("http: {}\n---\nlog: {}\n"), HasSubstr("more than one document"));
  EXPECT_EQ(bad("log: {}\nhttp: {host: \"\xff\xfe\"}\n"), "w.yaml:2: is not UTF-8 text");
  EXPECT_THAT(bad(std::string_view("a: \0b\n", 6)), HasSubstr("UTF-8"));
  EXPECT_THAT(bad("? [a, b]\n: c\n"), HasSubstr("a key must be text"));
  EXPECT_THAT(bad("http: !!python/object:os.system {}\n"), HasSubstr("tags are not supported"));
  EXPECT_THAT(bad("*nothing"), HasSubstr("w.yaml:1: "));
}

TEST(Loader, AliasesWorkWithinReason) {
  const Config config = good(
      "sessions:\n"
      "  a: {config: &c {metadata: {team: x}}}\n"
      "  b: {config: *c}\n");
  EXPECT_EQ(config.sessions.at("a"), config.sessions.at("b"));

  // Each line is ten times the one before.
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) {
      bomb += ", " + before;
    }
    bomb += "]\n";
  }
  EXPECT_THAT(bad(bomb), HasSubstr("too many values"));
  EXPECT_THAT(bad("a: &a [*a]\n"), HasSubstr("an alias stands inside what it refers to"));
  const std::string big(1'000'000, 'x');
  std::string copies = "a: &a " + big + "\nb: [*a";
  for (int i = 0; i < 100; ++i) {
    copies += ", *a";
  }
  EXPECT_THAT(bad(copies + "]\n"), HasSubstr("too many values"));
}

TEST(Loader, HugeAndDeepFiles) {
  EXPECT_THAT(bad(std::string(5 * 1024 * 1024, '#')), HasSubstr("larger than 4 MB"));
  EXPECT_THAT(bad("a: " + std::string(100, '[') + std::string(100, ']')), HasSubstr("deep"));
  EXPECT_FALSE(loaded("a: " + std::string(100'000, '[')).has_value());
  EXPECT_FALSE(loaded(std::string(100'000, '{')).has_value());
}

TEST(Loader, Files) {
  const auto missing = load({"/nonexistent/w.yaml", Variables{}});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code(), Code::NotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("/nonexistent/w.yaml: cannot be read"));
  EXPECT_FALSE(load({"/", Variables{}}).has_value());

  const TemporaryFile file("http: {port: 5}\n");
  const auto result = load({file.path(), Variables{}});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->config.http.port, 5);
  EXPECT_EQ(option(*result, "http.port").source, file.path() + ":1");
}

TEST(Loader, InterpolatesVariables) {
  EXPECT_EQ(good("http:\n  port: ${P}\n", {"P=81"}).http.port, 81);
  EXPECT_EQ(good("http:\n  port: ${P:-82}\n").http.port, 82);
  EXPECT_EQ(good("http: {hostname: \"a.${D:-b.c}.${E}\"}", {"E=f"}).http.hostname, "a.b.c.f");
  EXPECT_EQ(good("swagger: {title: 'costs $${X}'}").swagger.title, "costs ${X}");
  EXPECT_EQ(good("swagger: {title: \"5 $\"}").swagger.title, "5 $");
  // Text that looks like a number stays text where text is wanted.
  EXPECT_EQ(good("dashboard:\n  password: ${PW}\n", {"PW=0123"}).dashboard.password, "0123");
  EXPECT_EQ(good("dashboard:\n  password: ${PW}\n", {"PW=true"}).dashboard.password, "true");
  EXPECT_EQ(bad("http:\n  port: ${NOPE}\n"),
            "w.yaml:2: http.port: environment variable NOPE is not set; ${NOPE:-default} gives a "
            "default");
  EXPECT_THAT(bad("http:\n  host: \"${A\"\n"), HasSubstr("without }"));
  EXPECT_THAT(bad("http:\n  host: \"${A B}\"\n"), HasSubstr("not the name of a variable"));
  EXPECT_THAT(bad("http: {host: \"${A}\"}\n", {"A=\xff"}), HasSubstr("not UTF-8"));
}

TEST(Loader, ReadsSecretsFromFiles) {
  const TemporaryFile secret("s3cret-value\n");
  EXPECT_EQ(good("security: {api_key: \"file:" + secret.path() + "\"}").security.api_key,
            "s3cret-value");
  EXPECT_EQ(good("", {"WAHA_API_KEY=file:" + secret.path()}).security.api_key, "s3cret-value");
  EXPECT_EQ(good("security: {api_key: \"file:${DIR}\"}", {"DIR=" + secret.path()}).security.api_key,
            "s3cret-value");
  EXPECT_THAT(bad("security:\n  api_key: file:/nonexistent/key\n"),
              HasSubstr("w.yaml:2: security.api_key: cannot read /nonexistent/key"));
  EXPECT_THAT(bad("", {"WAHA_API_KEY=file:/nonexistent/key"}),
              HasSubstr("env WAHA_API_KEY: cannot read /nonexistent/key"));
  EXPECT_THAT(bad("security: {api_key: \"file:/\"}"), HasSubstr("cannot read /"));
  const TemporaryFile large(std::string(70'000, 'x'));
  EXPECT_THAT(bad("security: {api_key: \"file:" + large.path() + "\"}"), HasSubstr("64 KB"));
  // Not a secret of ours, but a URL of somebody's.
  EXPECT_EQ(good("storage: {s: {config: {url: \"file:///db\"}}}").storages.at("s").config_json,
            R"({"url":"file:///db"})");
}

TEST(Loader, ShowsWhereEachValueComesFrom) {
  const auto result = loaded("http:\n  port: 80\n  host: h\nlifecycle:\n  autostart: [a]\n",
                             {"WHATSAPP_API_PORT=81", "DEBUG=1"});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(option(*result, "http.port").value, "81");
  EXPECT_EQ(option(*result, "http.port").source, "env WHATSAPP_API_PORT");
  EXPECT_EQ(option(*result, "http.host").source, "w.yaml:3");
  EXPECT_EQ(option(*result, "http.threads").source, "default");
  EXPECT_EQ(option(*result, "log.level").source, "env DEBUG");
  EXPECT_EQ(option(*result, "lifecycle.autostart").value, R"(["a"])");
  EXPECT_EQ(option(*result, "lifecycle.autostart").source, "w.yaml:5");
  EXPECT_EQ(result->effective.front().path, "http.host");
  EXPECT_THAT(print(*result), HasSubstr("http.port = 81  # env WHATSAPP_API_PORT\n"));
}

TEST(Loader, MasksEverySecret) {
  const auto result = loaded(R"(
security: {api_key: hush-1, api_key_plain: hush-2, keys: [{id: k, key: hush-long-3, admin: true}]}
dashboard: {password: hush-4}
swagger: {password: hush-5}
metrics: {username: u, password: hush-6}
proxy: {static: {config: {password: hush-7}}, pool: {config: {apiToken: hush-8}}}
storage: {pg: {config: {url: "postgres://user:hush-9@host/db", nested: {secretKey: hush-10}}}}
engines: {E: {config: {accounts: [{password: hush-11}]}}}
webhooks: {global: {hmac_key: hush-12, custom_headers: [{name: A, value: hush-13}]}}
sessions:
  s:
    config:
      proxy: {server: "p:1", password: hush-14}
      webhooks:
        - {url: "http://u:hush-15@h/", events: [message], hmac: {key: hush-16},
           customHeaders: [{name: A, value: hush-17}]}
)",
                             {});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const std::string text = print(*result);
  EXPECT_THAT(text, Not(HasSubstr("hush")));
  EXPECT_THAT(text, HasSubstr("security.api_key = \"***\""));
  EXPECT_THAT(text, HasSubstr("postgres://***@host/db"));
  EXPECT_EQ(option(*loaded(""), "security.api_key").value, "\"\"");
}

TEST(Loader, ErrorsNeverRepeatSecrets) {
  EXPECT_THAT(bad("", {"WAHA_API_KEY=sha512:hush"}), Not(HasSubstr("hush")));
  EXPECT_THAT(bad("security: {api_key: \"hush hush\"}"), Not(HasSubstr("hush hush")));
  EXPECT_THAT(bad("", {"WHATSAPP_HOOK_CUSTOM_HEADERS=A:hush:b"}), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace waxwing::config
