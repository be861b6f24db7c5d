// SPDX-License-Identifier: Apache-2.0
// Writing down what was found.
#include "report.hpp"

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"

namespace waxwing::plugin_check {
namespace {

const char* word(Outcome outcome) {
  switch (outcome) {
    case Outcome::Pass:
      return "ok";
    case Outcome::Warn:
      return "warn";
    case Outcome::Skip:
      return "skip";
    case Outcome::Fail:
      break;
  }
  return "FAIL";
}

long count(const std::vector<Finding>& findings, Outcome outcome) {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const Finding& f) { return f.verdict.outcome == outcome; });
}

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no place for other control characters.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

std::string to_line(const Finding& finding) {
  char start[8];
  std::snprintf(start, sizeof start, "%-5s ", word(finding.verdict.outcome));
  std::string line = start + finding.name;
  const bool blame =
      finding.verdict.outcome == Outcome::Fail || finding.verdict.outcome == Outcome::Warn;
  if (blame) {
    line += " [" + finding.rule + "]";
  }
  if (!finding.verdict.text.empty()) {
    line += ": " + finding.verdict.text;
  }
  if (!finding.output.empty()) {
    line += "\n      | ";
    for (const char c : finding.output) {
      line += c;
      if (c == '\n' && &c != &finding.output.back()) {
        line += "      | ";
      }
    }
    if (line.back() == '\n') {
      line.pop_back();
    }
  }
  return line;
}

std::string summary(const std::vector<Finding>& findings) {
  return std::to_string(count(findings, Outcome::Pass)) + " passed, " +
         std::to_string(count(findings, Outcome::Warn)) + " warned, " +
         std::to_string(count(findings, Outcome::Fail)) + " failed, " +
         std::to_string(count(findings, Outcome::Skip)) + " skipped";
}

std::string to_json(const std::string& file, const std::vector<Finding>& findings) {
  Json tests = Json::array();
  for (const Finding& f : findings) {
    tests.push_back(
        {{"name", f.name},
         {"rule", f.rule},
         {"outcome", f.verdict.outcome == Outcome::Fail ? "fail" : word(f.verdict.outcome)},
         {"text", f.verdict.text},
         {"output", f.output},
         {"seconds", f.seconds}});
  }
  return json::dump({{"file", file},
                     {"passed", count(findings, Outcome::Pass)},
                     {"warned", count(findings, Outcome::Warn)},
                     {"failed", count(findings, Outcome::Fail)},
                     {"skipped", count(findings, Outcome::Skip)},
                     {"tests", std::move(tests)}});
}

std::string to_junit(const std::string& file, const std::vector<Finding>& findings) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + xml(file) +
                    "\" tests=\"" + std::to_string(findings.size()) + "\" failures=\"" +
                    std::to_string(count(findings, Outcome::Fail)) + "\" skipped=\"" +
                    std::to_string(count(findings, Outcome::Skip)) + "\">\n";
  for (const Finding& f : findings) {
    const std::size_t dot = f.name.find('.');
    out += "  <testcase classname=\"" + xml(f.name.substr(0, dot)) + "\" name=\"" +
           xml(f.name.substr(dot + 1)) + "\" time=\"" + seconds(f.seconds) + "\">";
    if (f.verdict.outcome == Outcome::Fail) {
      out += "<failure message=\"" + xml("[" + f.rule + "] " + f.verdict.text) + "\">" +
             xml(f.output) + "</failure>";
    } else if (f.verdict.outcome == Outcome::Skip) {
      out += "<skipped message=\"" + xml(f.verdict.text) + "\"/>";
    } else if (!f.verdict.text.empty()) {
      out += "<system-out>" + xml(f.verdict.text) + "</system-out>";
    }
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n";
}

bool failed(const std::vector<Finding>& findings, bool strict) {
  return count(findings, Outcome::Fail) > 0 || (strict && count(findings, Outcome::Warn) > 0);
}

}  // namespace waxwing::plugin_check
