// parse/http.cpp - answers of HTTP/1.0 and 1.1 (RFC 9112).
#include "parse/http.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <cstddef>

namespace limpet::parse {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_trailers = 65536;

std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

bool same_http_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

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
        if (same_http_word(name, "Transfer-Encoding"))
            return refused("http", "the answer is chunked");
        if (!same_http_word(name, "Content-Length")) continue;
        const auto length = number<std::size_t>(value);
        if (!length || *length > answer.body.size()) return refused("http", "it ends early");
        answer.body = answer.body.substr(0, *length);
    }
    return answer;
}

// Lines end with CR LF, or with LF alone, as RFC 9112, 2.2 lets them be read.
std::size_t http_head_end(std::string_view text, std::size_t searched) {
    for (auto at = text.find('\n', searched); at != text.npos; at = text.find('\n', at + 1)) {
        const auto before = without_return(text.substr(0, at));
        if (before.ends_with('\n')) return at + 1;
    }
    return text.npos;
}

std::optional<std::string_view> HttpHead::field(std::string_view name) const {
    for (const auto& one : fields) {
        if (same_http_word(one.name, name)) return one.value;
    }
    return std::nullopt;
}

Result<HttpHead> http_head(std::string_view text) {
    HttpHead head;
    auto line = without_return(take_line(text));
    const auto version = take(line, ' ');
    const auto code = take_word(line);
    if (!version.starts_with("HTTP/1.") || code.size() < 3) {
        return refused("http", "no HTTP/1 answer");
    }
    head.version = version == "HTTP/1.0" ? 10 : 11;
    head.status = number<int>(code.substr(0, 3)).value_or(0);
    if (head.status < 100) return refused("http", "no status in the answer");
    head.reason = trimmed(line);
    while (!text.empty()) {
        line = without_return(take_line(text));
        // A line that goes on from the one before it: obsolete, and of no field that counts here.
        if (line.empty() || line[0] == ' ' || line[0] == '\t') continue;
        const auto name = take(line, ':');
        head.fields.push_back({name, trimmed(line)});
    }
    return head;
}

Result<HttpLength> http_length(const HttpHead& head, bool asked_for_head) {
    if (asked_for_head || head.status < 200 || head.status == 204 || head.status == 304) {
        return HttpLength{};
    }
    HttpLength length{.kind = HttpLength::Kind::until_end};
    for (const auto& [name, value] : head.fields) {
        if (same_http_word(name, "Transfer-Encoding")) {
            if (same_http_word(value, "identity")) continue;
            if (!same_http_word(value, "chunked"))
                return refused("http", "unknown transfer coding");
            return HttpLength{.kind = HttpLength::Kind::chunked};
        }
        if (!same_http_word(name, "Content-Length")) continue;
        const auto size = number<std::uint64_t>(value);
        const bool twice = length.kind == HttpLength::Kind::known;
        if (!size || (twice && *size != length.size)) return refused("http", "bad Content-Length");
        length = {.kind = HttpLength::Kind::known, .size = *size};
    }
    return length;
}

Result<> HttpChunks::end_line() {
    const auto line = without_return(line_);
    if (state_ == State::after_data) {
        if (!line.empty()) return refused("http", "no line break behind a chunk");
        state_ = State::size;
    } else if (state_ == State::size) {
        const auto digits = trimmed(std::string_view(line).substr(0, line.find(';')));
        const auto size = number<std::uint64_t>(digits, 16);
        if (!size) return refused("http", "the size of a chunk is no number");
        left_ = *size;
        state_ = left_ ? State::data : State::trailer;
    } else if (line.empty()) {
        state_ = State::done;
    }
    line_.clear();
    return {};
}

Result<HttpChunks::Step> HttpChunks::step(std::string_view bytes) {
    Step step;
    while (step.used < bytes.size() && state_ != State::done) {
        const auto rest = bytes.substr(step.used);
        if (state_ == State::data) {
            const auto count = std::min<std::uint64_t>(left_, rest.size());
            step.data = rest.substr(0, count);
            step.used += count;
            left_ -= count;
            if (left_ == 0) state_ = State::after_data;
            return step;
        }
        const auto end = rest.find('\n');
        const auto part = rest.substr(0, end);
        if (line_.size() + part.size() > longest_line) {
            return refused("http", "a line of more than 4 KiB between chunks");
        }
        if (state_ == State::trailer && (trailers_ += part.size() + 1) > most_trailers) {
            return refused("http", "trailers of more than 64 KiB");
        }
        line_ += part;
        step.used += part.size();
        if (end == rest.npos) break;
        ++step.used;
        TRY(end_line());
    }
    return step;
}

}  // namespace limpet::parse
