// network/http_request.cpp - the head of a request of HTTP and the data that curl's options give.
#include "commands/network/http_request.h"

#include "parse/lines.h"

#include <algorithm>

namespace limpet::commands {
namespace {

std::string base64(std::string_view bytes) {
    constexpr const char* alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
        };
        const unsigned word = at(0) << 16 | at(1) << 8 | at(2);
        for (unsigned k = 0; k < 4; ++k) {
            text += i + k > bytes.size() ? '=' : alphabet[word >> (18 - 6 * k) & 63];
        }
    }
    return text;
}

std::string_view name_of(std::string_view header) {
    return header.substr(0, header.find_first_of(":;"));
}

// Fields that go only to the server that the operator named (CVE-2018-1000007).
bool secret(std::string_view name) {
    return parse::same_http_word(name, "Authorization") || parse::same_http_word(name, "Cookie");
}

struct Head {
    const HttpRequest& request;
    std::string text;

    void add(std::string_view name, std::string_view value) {
        for (const auto& header : request.headers) {
            if (parse::same_http_word(name_of(header), name)) return;
        }
        text.append(name).append(": ").append(value).append("\r\n");
    }
};

}  // namespace

std::string request_head(const HttpRequest& request, const parse::Url& url, const HttpBody& body,
                         bool own) {
    Head head{request, request.method};
    head.text.append(" ").append(url.path).append(request.old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    head.add("Host", url.authority());
    const auto& user = !url.user.empty() ? url.user : request.user;
    if (!user.empty() && (own || !url.user.empty())) {
        head.add("Authorization", "Basic " + base64(user));
    }
    if (!request.agent.empty()) head.add("User-Agent", request.agent);
    head.add("Accept", request.accept);
    for (const auto& header : request.headers) {
        const auto name = name_of(header);
        if (name.size() == header.size() || (secret(name) && !own)) continue;
        const auto value = parse::trimmed(std::string_view(header).substr(name.size() + 1));
        const bool empty = header[name.size()] == ';';
        if (value.empty() != empty) continue;
        head.text.append(name).append(": ").append(value).append("\r\n");
    }
    const bool sends = request.has_body || body.stream;
    if (sends && !body.size) head.add("Transfer-Encoding", "chunked");
    if (sends && body.size) head.add("Content-Length", std::to_string(*body.size));
    if (request.has_body) head.add("Content-Type", request.type);
    return head.text += "\r\n";
}

void redirected(HttpRequest& request, int status) {
    const bool becomes_get = status == 303
                                 ? request.method != "HEAD"
                                 : (status == 301 || status == 302) && request.method == "POST";
    if (!becomes_get) return;
    if (!request.keeps_method) request.method = "GET";
    request.body.clear();
    request.has_body = false;
}

Result<std::string> read_data(Invocation& call, const std::string& name, bool joined) {
    auto input = TRY(call.open(name));
    std::string data;
    for (;;) {
        const auto block = TRY(input.block());
        if (block.empty()) break;
        if (data.size() + block.size() > http_limits::data) {
            return refused("data", "more than 64 MiB are for -T");
        }
        data += block;
    }
    if (joined) std::erase_if(data, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
    return data;
}

Result<> add_data(Invocation& call, HttpRequest& request, std::string_view kind,
                  const std::string& value) {
    const bool json = kind == "json";
    const bool encoded = kind == "data-urlencode";
    if (request.has_body && !json) request.body += '&';
    request.has_body = true;
    if (encoded) {
        const auto mark = value.find_first_of("=@");
        const auto name = value.substr(0, mark == value.npos ? 0 : mark);
        auto content = mark == value.npos ? value : value.substr(mark + 1);
        if (mark != value.npos && value[mark] == '@') {
            content = TRY(read_data(call, content, false));
        }
        if (!name.empty()) request.body.append(name).append("=");
        request.body += parse::percent_encoded(content);
        return {};
    }
    if (json) {
        request.type = "application/json";
        request.accept = "application/json";
    }
    if (value.starts_with('@') && kind != "data-raw") {
        const bool joined = kind == "data" || kind == "data-ascii";
        request.body += TRY(read_data(call, value.substr(1), joined));
    } else {
        request.body += value;
    }
    return {};
}

Result<> add_headers(Invocation& call, HttpRequest& request, const std::string& value) {
    if (!value.starts_with('@')) {
        if (value.find_first_of("\r\n") != value.npos) {
            return refused("header", "a line break in it");
        }
        request.headers.push_back(value);
        return {};
    }
    const auto text = TRY(read_data(call, value.substr(1), false));
    for (std::string_view rest = text; !rest.empty();) {
        auto line = parse::take_line(rest);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) request.headers.emplace_back(line);
    }
    return {};
}

}  // namespace limpet::commands
