// parse/http.cpp - the answer to a request of HTTP/1.0, as Docker's socket gives it.
#include "parse/http.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <cstddef>

namespace limpet::parse {
namespace {

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

Result<HttpAnswer> http_answer(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.") || end == text.npos) return refused("http", "no HTTP answer");
    HttpAnswer answer{.body = text.substr(end + 4)};
    auto head = text.substr(0, end);
    auto line = take_line(head);
    take(line, ' ');
    answer.status = number<int>(take(line, ' ').substr(0, 3)).value_or(0);
    while (!head.empty()) {
        auto field = take_line(head);
        const auto name = take(field, ':');
        auto value = trimmed(field);
        if (value.ends_with('\r')) value.remove_suffix(1);
        if (same_word(name, "Transfer-Encoding")) return refused("http", "the answer is chunked");
        if (!same_word(name, "Content-Length")) continue;
        const auto length = number<std::size_t>(value);
        if (!length || *length > answer.body.size()) return refused("http", "it ends early");
        answer.body = answer.body.substr(0, *length);
    }
    return answer;
}

}  // namespace limpet::parse
