// cast.h - what a session printed, as an asciicast of version 2: a header, then an event a line.
//
//   {"version":2,"width":80,"height":24,"timestamp":1700000000,...}
//   [0.25,"o","text"]   o output, i input, r resize "80x24", m marker; x, which only version 3
//                       has and players of version 2 pass over: the end, with the status
//
// An asciicast holds text: what is no UTF-8 is U+FFFD in it, as asciicast's own tools have it.
#pragma once

#include "limpet/digest.h"
#include "limpet/fd.h"
#include "limpet/limits.h"
#include "limpet/result.h"
#include "limpet/utf8.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::cast {

// Bytes to the inside of a JSON string. A character may be split between two pieces.
class Text {
public:
    // `returns`: a newline also goes back to the first column, as a terminal makes it.
    void add(std::string_view bytes, std::string& json, bool returns = false) {
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            if (!sequence_.empty()) {
                if (utf8::continues(static_cast<unsigned char>(sequence_[0]), sequence_.size(),
                                    byte)) {
                    sequence_ += c;
                    if (sequence_.size() < length_) continue;
                    json += sequence_;
                    sequence_.clear();
                    continue;
                }
                finish(json);
            }
            if (byte >= 0x80) {
                length_ = utf8::announced(byte);
                sequence_ = c;
                if (length_ == 0) finish(json);
            } else {
                if (c == '\n' && returns) ascii('\r', json);
                ascii(c, json);
            }
        }
    }
    // The stream ended: half a character is none.
    void finish(std::string& json) {
        if (!sequence_.empty()) json += "\xef\xbf\xbd";
        sequence_.clear();
    }

private:
    static void ascii(char c, std::string& json) {
        constexpr char digits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte >= 0x20 && byte != 0x7f) {
            json += c;
        } else if (c == '\n' || c == '\r') {
            json += c == '\n' ? "\\n" : "\\r";
        } else {
            json += "\\u00";
            json += digits[byte >> 4];
            json += digits[byte & 15];
        }
    }
    std::string sequence_;    // of one character, not yet whole
    std::size_t length_ = 0;  // that it will have
};

inline std::string quoted(std::string_view text) {
    std::string json = "\"";
    Text encoder;
    encoder.add(text, json);
    encoder.finish(json);
    return json += '"';
}

struct Header {
    std::uint16_t columns = 80, rows = 24;
    bool terminal = true;  // else newlines are all that moves down, and a terminal wants more
    std::string_view command, title, term;
    std::string_view more = {};  // further members: `"limpet":{...}`
};

// Writes to a file that is empty. After an error the file ends with the last event that is whole.
class Writer {
public:
    Writer(Fd file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

    // Of every byte that is written, from then on.
    void hash() { digest_.emplace(DigestKind::sha256); }

    Result<> begin(const Header& header) {
        terminal_ = header.terminal;
        line_ = "{\"version\":2,\"width\":" + std::to_string(header.columns);
        line_ += ",\"height\":" + std::to_string(header.rows) + ",\"timestamp\":";
        using std::chrono::system_clock;
        line_ += std::to_string(system_clock::to_time_t(system_clock::now()));
        member("command", header.command);
        member("title", header.title);
        if (!header.term.empty()) {
            line_ += ",\"env\":{\"TERM\":" + quoted(header.term);
            line_ += '}';
        }
        if (!header.more.empty()) line_ += ',';
        line_ += header.more;
        line_ += '}';
        return put();
    }
    // What is printed and what is reported are two streams of bytes, and one of events.
    Result<> output(bool error, std::string_view bytes) {
        return text('o', error ? error_ : out_, bytes, !terminal_);
    }
    Result<> input(std::string_view bytes) { return text('i', in_, bytes, false); }
    Result<> marker(std::string_view label) {
        Text whole;
        return text('m', whole, label, false);
    }
    // Command lines as the session sends them aside, each ended by NUL: a marker for each. Nobody
    // trusts it: no more of a line is kept than history would.
    Result<> typed(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto end = bytes.find('\0');
            typed_ += bytes.substr(0, end);
            if (typed_.size() > limits::history_entry) typed_.resize(limits::history_entry);
            if (end == std::string_view::npos) break;
            TRY(marker(typed_));
            typed_.clear();
            bytes.remove_prefix(end + 1);
        }
        return {};
    }
    Result<> resize(std::uint16_t rows, std::uint16_t columns) {
        return marked('r', std::to_string(columns) + 'x' + std::to_string(rows));
    }
    // The last one: half a character that is left, and how it went.
    Result<> end(int status) {
        std::string rest;
        out_.finish(rest);
        error_.finish(rest);
        if (!rest.empty()) TRY(marked('o', rest));
        return marked('x', std::to_string(status));
    }
    // Whether all of it is on the disk; the digest, if one was asked for.
    Result<std::string> close() {
        // Where space is found at the last moment only (NFS, quotas), this is that moment.
        if (::fsync(file_.get()) != 0 && errno != EINVAL) return failed("write", name_);
        file_.reset();
        return digest_ ? digest_->finish() : std::string();
    }

private:
    void member(const char* name, std::string_view value) {
        if (value.empty()) return;
        line_ += ",\"";
        line_ += name;
        line_ += "\":";
        line_ += quoted(value);
    }
    void start(char code) {
        const auto since = std::chrono::steady_clock::now() - began_;
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
        char text[64];
        std::snprintf(text, sizeof text, "[%lld.%06d,\"%c\",\"",
                      static_cast<long long>(us / 1000000), static_cast<int>(us % 1000000), code);
        line_ = text;
    }
    Result<> text(char code, Text& encoder, std::string_view bytes, bool returns) {
        start(code);
        const auto empty = line_.size();
        encoder.add(bytes, line_, returns);
        if (code == 'm') encoder.finish(line_);
        if (line_.size() == empty) return {};  // the first bytes of a character
        line_ += "\"]";
        return put();
    }
    Result<> marked(char code, std::string_view plain) {
        start(code);
        line_ += plain;
        line_ += "\"]";
        return put();
    }
    Result<> put() {
        // What was lost once is not made good by what still fits.
        if (broken_) return std::unexpected(*broken_);
        line_ += '\n';
        std::string_view rest = line_;
        while (!rest.empty()) {
            const auto count = ::write(file_.get(), rest.data(), rest.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                auto problem = failed("write", name_);
                if (::ftruncate(file_.get(), whole_) != 0)
                    problem.error().hint() = "its end is cut";
                broken_ = problem.error();
                return problem;
            }
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        whole_ += static_cast<off_t>(line_.size());
        if (digest_) digest_->add(line_);
        return {};
    }

    Fd file_;
    std::string name_;
    std::string line_;
    std::string typed_;  // whose NUL has not come yet
    off_t whole_ = 0;    // bytes of whole lines
    bool terminal_ = true;
    std::optional<Error> broken_;
    Text out_, error_, in_;
    std::optional<Digest> digest_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace limpet::cast
