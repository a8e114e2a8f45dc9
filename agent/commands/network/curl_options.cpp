// network/curl_options.cpp - the options of curl(1).
#include "commands/network/curl.h"
#include "commands/session/duration.h"
#include "limpet/version.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "parse/resolver.h"

namespace limpet::commands {
namespace {

constexpr std::string_view form = "application/x-www-form-urlencoded";

Result<std::int64_t> time_of(std::string_view value) {
    const auto seconds = duration(std::string(value));
    if (!seconds || *seconds < 0) return refused("time", "'" + std::string(value) + "' is none");
    if (*seconds == 0) return never;
    return static_cast<std::int64_t>(std::fmin(*seconds, 1e9) * second);
}

// HOST:PORT:ADDRESS[,ADDRESS...]
Result<HttpSettings::Override> override_of(std::string_view value) {
    HttpSettings::Override one;
    auto rest = value;
    if (rest.starts_with('+')) rest.remove_prefix(1);
    one.host = parse::take(rest, ':');
    const auto port = parse::take(rest, ':');
    const auto number =
        port == "*" ? std::optional<std::uint16_t>(0) : parse::number<std::uint16_t>(port);
    while (!rest.empty()) {
        const auto address = parse::address(parse::take(rest, ','));
        if (!address) return refused("--resolve", "HOST:PORT:ADDRESS, not " + std::string(value));
        one.addresses.push_back(*address);
    }
    if (!number || one.addresses.empty()) {
        return refused("--resolve", "HOST:PORT:ADDRESS, not " + std::string(value));
    }
    one.port = *number;
    return one;
}

Result<> read_value(Invocation& call, CurlRequest& request, const Options::Given& given) {
    const auto name = given.option.name;
    const auto& value = given.value;
    auto& plain = request.plain;
    auto& settings = request.settings;
    if (name == "max-time") request.most_time = TRY(time_of(value));
    if (name == "connect-timeout") settings.connecting = TRY(time_of(value));
    if (settings.connecting == never) settings.connecting = http_limits::connecting;
    if (name == "resolve" && !value.starts_with('-')) {
        settings.overrides.push_back(TRY(override_of(value)));
    }
    if (name == "max-redirs") {
        const auto count = parse::number<int>(value);
        if (!count) return refused("--max-redirs", "a number is needed");
        request.most_redirects = *count < 0 ? 1000 : *count;
    }
    if (name == "max-filesize") {
        const auto size = parse::number<std::uint64_t>(value);
        if (!size) return refused("--max-filesize", "a number is needed");
        settings.largest = *size;
    }
    if (name == "unix-socket") settings.unix_socket = call.path(value);
    if (name == "abstract-unix-socket") settings.unix_socket = "@" + value;
    if (name == "cacert") settings.roots_file = call.path(value);
    if (name == "header") {
        TRY(add_headers(call, plain, value));
    } else if (name == "user") {
        plain.user = value;
    } else if (name == "user-agent") {
        plain.agent = value;
    } else if (name == "referer") {
        plain.headers.push_back("Referer: " + value);
    } else if (name == "range") {
        plain.headers.push_back("Range: bytes=" + value);
    } else if (name == "cookie") {
        plain.headers.push_back("Cookie: " + value);
    } else if (name == "oauth2-bearer") {
        plain.headers.push_back("Authorization: Bearer " + value);
    } else if (name == "url") {
        request.urls.push_back(value);
    } else if (name == "output") {
        request.outputs.push_back(value);
    } else if (name == "upload-file") {
        request.upload = value;
        request.uploads = true;
    } else if (name == "write-out") {
        request.format = value;
        if (value.starts_with('@')) request.format = TRY(read_data(call, value.substr(1), false));
    } else if (name.starts_with("data") || name == "json") {
        TRY(add_data(call, plain, name, value));
    }
    return {};
}

}  // namespace

Result<CurlRequest> curl_request(Invocation& call) {
    const auto& given = call.options;
    CurlRequest request;
    auto& plain = request.plain;
    plain.agent = "limpet/" + std::string(version);
    for (const auto& one : given.all()) TRY(read_value(call, request, one));
    request.settings.trace = given.has('v');
    request.settings.unpack = given.has("compressed");
    request.settings.tls.verify = !given.has('k');
    if (given.has('4') != given.has('6')) {
        request.settings.family = given.has('4') ? AF_INET : AF_INET6;
    }
    request.silent = given.has('s');
    request.errors = given.has('S');
    request.follows = given.has('L');
    request.as_is = given.has("path-as-is");
    request.keeps_body_of_errors = given.has("fail-with-body");
    request.fails = given.has('f') || request.keeps_body_of_errors;
    request.shows_head = given.has('i') || given.has('I');
    plain.old = given.has('0');
    plain.keeps_method = given.has('X');
    if (request.settings.unpack) plain.headers.emplace_back("Accept-Encoding: gzip");
    if (given.has('G')) {
        plain.query = std::exchange(plain.body, {});
        plain.has_body = false;
    }
    plain.method = given.has('I')    ? "HEAD"
                   : request.uploads ? "PUT"
                   : plain.has_body  ? "POST"
                                     : "GET";
    if (const auto method = given.value('X')) plain.method = *method;
    if (plain.has_body && plain.type.empty()) plain.type = form;
    request.urls.insert(request.urls.end(), call.operands.begin(), call.operands.end());
    return request;
}

}  // namespace limpet::commands
