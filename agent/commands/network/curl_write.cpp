// network/curl_write.cpp - curl -w: what is told of a transfer.
#include "commands/json.h"
#include "commands/network/curl.h"

#include <algorithm>

namespace limpet::commands {
namespace {

struct Variable {
    const char* name;
    bool number;
};
constexpr Variable variables[]{
    {"content_type", false},   {"errormsg", false},
    {"exitcode", true},        {"filename_effective", false},
    {"http_code", true},       {"http_connect", true},
    {"http_version", false},   {"local_ip", false},
    {"local_port", true},      {"method", false},
    {"num_connects", true},    {"num_headers", true},
    {"num_redirects", true},   {"redirect_url", false},
    {"referer", false},        {"remote_ip", false},
    {"remote_port", true},     {"response_code", true},
    {"scheme", false},         {"size_download", true},
    {"size_header", true},     {"size_request", true},
    {"size_upload", true},     {"speed_download", true},
    {"speed_upload", true},    {"ssl_verify_result", true},
    {"time_appconnect", true}, {"time_connect", true},
    {"time_namelookup", true}, {"time_pretransfer", true},
    {"time_redirect", true},   {"time_starttransfer", true},
    {"time_total", true},      {"url", false},
    {"url_effective", false},  {"urlnum", true},
};

std::string seconds(std::int64_t microseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(microseconds / second),
                  static_cast<long long>(microseconds % second));
    return text;
}

std::string value_of(std::string_view name, const Transfer& transfer, const HttpClient& client) {
    const auto& times = client.times;
    // From the beginning of all, as curl counts: -L adds what the hops before this one took.
    const auto since = [&](std::int64_t moment) {
        return seconds(moment ? transfer.redirected + moment - times.begin : 0);
    };
    const auto total = std::max<std::int64_t>(times.end - transfer.begin, 1);
    const auto speed = [&](std::uint64_t bytes) {
        return std::to_string(static_cast<std::uint64_t>(static_cast<double>(bytes) * second /
                                                         static_cast<double>(total)));
    };
    const auto ready = std::max(times.connected, times.secured);
    const auto address = [](const parse::Address& one) {
        return one.port ? parse::text(one) : std::string();
    };
    if (name == "http_code" || name == "response_code") {
        char code[16];
        std::snprintf(code, sizeof code, "%03d", client.head.status);
        return code;
    }
    if (name == "time_namelookup") return since(times.named);
    if (name == "time_connect") return since(times.connected);
    if (name == "time_appconnect") return since(times.secured);
    if (name == "time_pretransfer") return since(ready);
    if (name == "time_starttransfer") return since(times.first);
    if (name == "time_redirect") return seconds(transfer.redirected);
    if (name == "time_total") return seconds(total);
    if (name == "size_download") return std::to_string(transfer.downloaded);
    if (name == "size_upload") return std::to_string(transfer.uploaded);
    if (name == "size_header") return std::to_string(transfer.head_size);
    if (name == "size_request") return std::to_string(client.request_size);
    if (name == "speed_download") return speed(transfer.downloaded);
    if (name == "speed_upload") return speed(transfer.uploaded);
    if (name == "num_redirects") return std::to_string(transfer.redirects);
    if (name == "num_connects") return std::to_string(transfer.connections);
    if (name == "num_headers") return std::to_string(client.head.fields.size());
    if (name == "exitcode") return std::to_string(transfer.status);
    if (name == "errormsg") return transfer.problem;
    if (name == "method") return transfer.method;
    if (name == "url") return transfer.asked;
    if (name == "url_effective") return transfer.url.text();
    if (name == "scheme")
        return client.times.connected == 0 ? "" : transfer.url.secure() ? "HTTPS" : "HTTP";
    if (name == "redirect_url") return transfer.redirect_url;
    if (name == "filename_effective") return transfer.filename;
    if (name == "content_type") return std::string(client.head.field("Content-Type").value_or(""));
    if (name == "remote_ip") {
        return transfer.socket.empty() ? address(client.remote) : transfer.socket;
    }
    if (name == "local_ip") return address(client.local);
    if (name == "remote_port") return std::to_string(client.remote.port);
    if (name == "local_port") return std::to_string(client.local.port);
    if (name == "ssl_verify_result") return std::to_string(client.verdict);
    if (name == "http_version") {
        return client.head.status == 0 ? "0" : client.head.version == 10 ? "1.0" : "1.1";
    }
    if (name == "http_connect") return "000";
    if (name == "urlnum") return "0";
    return {};
}

std::string all_as_json(const Transfer& transfer, const HttpClient& client) {
    JsonObject object;
    for (const auto& [name, number] : variables) {
        auto value = value_of(name, transfer, client);
        // A number of JSON does not begin with a zero.
        if (number && value.find('.') == value.npos) {
            value.erase(0, std::min(value.find_first_not_of('0'), value.size() - 1));
        }
        if (number) {
            object.raw(name, value);
        } else {
            object.text(name, value);
        }
    }
    return object.take();
}

}  // namespace

void write_out(Invocation& call, std::string_view format, const Transfer& transfer,
               const HttpClient& client) {
    Output* out = &call.out;
    const auto braced = [&](std::string_view opening) -> std::optional<std::string_view> {
        if (!format.starts_with(opening)) return std::nullopt;
        const auto end = format.find('}');
        if (end == format.npos) return std::nullopt;
        const auto name = format.substr(opening.size(), end - opening.size());
        format.remove_prefix(end + 1);
        return name;
    };
    while (!format.empty()) {
        if (const auto name = braced("%{")) {
            if (*name == "json") {
                out->write(all_as_json(transfer, client));
            } else if (*name == "stderr") {
                out = &call.error;
            } else if (*name == "stdout") {
                out = &call.out;
            } else if (*name == "onerror") {
                if (transfer.status == 0) break;
            } else {
                out->write(value_of(*name, transfer, client));
            }
        } else if (const auto field = braced("%header{")) {
            out->write(client.head.field(*field).value_or(""));
        } else if (format.starts_with("%%")) {
            out->put('%');
            format.remove_prefix(2);
        } else if (format.size() > 1 && format[0] == '\\') {
            const char c = format[1];
            out->put(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : '\\');
            if (c != 'n' && c != 't' && c != 'r' && c != '\\') out->put(c);
            format.remove_prefix(2);
        } else {
            out->put(format[0]);
            format.remove_prefix(1);
        }
    }
    call.error.flush();
}

}  // namespace limpet::commands
