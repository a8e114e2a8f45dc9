// parse/http.h - answers of HTTP/1.0 and 1.1 (RFC 9112).
#pragma once

#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct HttpAnswer {
    int status = 0;
    std::string_view body;
};

// A whole answer of HTTP/1.0, as Docker's socket gives it: status line, headers, and all that
// follows. One that is chunked (a server that ignores the version) is refused, and so is one
// shorter than its Content-Length.
Result<HttpAnswer> http_answer(std::string_view text);

// How far the head at the front of `text` goes, with the empty line that ends it; npos: not all of
// it is there. `searched` bytes were there when it was npos before.
std::size_t http_head_end(std::string_view text, std::size_t searched = 0);

// Status line and fields; views into the text.
struct HttpHead {
    int status = 0;
    int version = 11;  // 10 or 11
    std::string_view reason;
    struct Field {
        std::string_view name, value;
    };
    std::vector<Field> fields;
    // The first of that name, whatever its case.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};
Result<HttpHead> http_head(std::string_view text);

// How the body ends.
struct HttpLength {
    enum class Kind { none, known, chunked, until_end } kind = Kind::none;
    std::uint64_t size = 0;
};
// Two lengths that differ, and codings other than chunked, are refused.
Result<HttpLength> http_length(const HttpHead& head, bool asked_for_head);

// The chunks of a body, however the bytes are cut. A line of more than 4 KiB and trailers of more
// than 64 KiB are refused.
class HttpChunks {
public:
    struct Step {
        std::size_t used = 0;
        std::string_view data;  // of the bytes that were used; may be empty
    };
    Result<Step> step(std::string_view bytes);
    [[nodiscard]] bool done() const { return state_ == State::done; }

private:
    enum class State { size, data, after_data, trailer, done };
    Result<> end_line();
    State state_ = State::size;
    std::uint64_t left_ = 0;
    std::string line_;
    std::size_t trailers_ = 0;
};

// As names of fields are compared.
bool same_http_word(std::string_view a, std::string_view b);

}  // namespace limpet::parse
